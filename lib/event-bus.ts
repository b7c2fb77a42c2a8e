import { Aws, Duration, type ResourceEnvironment } from 'aws-cdk-lib';
import * as events from 'aws-cdk-lib/aws-events';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as kms from 'aws-cdk-lib/aws-kms';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { EVENT_SOURCE } from '#contract/events';
import type { EventType } from '#contract/outbox-entry';
import { ENV } from '#core/env';
import { RawAssetRule, type SubscriptionProps } from './raw-asset-rule.ts';

export interface OnRawAssetProps extends SubscriptionProps {
  /**
   * Where the rule belongs, if that is another stack than the bus's.
   *
   * @default - the bus
   */
  readonly crossStackScope?: Construct;
}

export interface EventBusProps {
  /**
   * A bus of yours. Who may put events of the service's source on it is for its own policy to say.
   *
   * @default - a new one, on which the service alone puts such events
   */
  readonly eventBus?: events.IEventBus | undefined;
  /**
   * How long the archive keeps events for a replay.
   *
   * @default - 90 days
   */
  readonly archiveRetention?: Duration | undefined;
  /**
   * The key that encrypts a new bus, and the archive.
   *
   * @default - EventBridge's own
   */
  readonly encryptionKey?: kms.IKey | undefined;
}

/** The bus that subscribers listen to, and the archive of the service's events on it. */
export class EventBus extends Construct implements events.IEventBusRef {
  readonly eventBus: events.IEventBus;

  constructor(scope: Construct, id: string, props: EventBusProps = {}) {
    super(scope, id);
    const { encryptionKey: kmsKey, archiveRetention: retention = Duration.days(90) } = props;
    // The CDK's own class fits its interface but for the exactness of what is optional.
    const newBus = () =>
      new events.EventBus(this, 'Resource', { ...(kmsKey && { kmsKey }) }) as events.IEventBus;
    this.eventBus = props.eventBus ?? newBus();
    const archive = new events.Archive(this, 'Archive', {
      sourceEventBus: this.eventBus,
      description: 'Every event, to be sent again by a replay',
      eventPattern: { source: [EVENT_SOURCE] },
      retention,
    });
    const resource = archive.node.defaultChild as events.CfnArchive;
    if (kmsKey) {
      resource.kmsKeyIdentifier = kmsKey.keyArn;
      grantArchive(kmsKey);
    } else {
      // The CDK writes an empty key where none is given, which some Regions refuse: https://github.com/aws/aws-cdk/issues/37847
      resource.addPropertyDeletionOverride('KmsKeyIdentifier');
    }
  }

  get eventBusName(): string {
    return this.eventBus.eventBusName;
  }

  get eventBusRef(): events.EventBusReference {
    return this.eventBus.eventBusRef;
  }

  /** The bus's, which may be of another stack. */
  get env(): ResourceEnvironment {
    return this.eventBus.env;
  }

  /**
   * Refuses events of the service's source from anybody else: what a subscriber reads was written by the service. A call
   * names the source of each of its events, so one forged among others has the call refused. AWS's own services are let
   * off, lest the policy stop a replay of the archive: AWS does not document whether a replay is asked about it at all.
   * https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-conditions.html
   * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-principalisawsservice
   *
   * @param senders ARNs of roles and users, `*` and `?` as wildcards
   */
  reserveSource(senders: readonly string[]): void {
    const deny = new iam.PolicyStatement({
      sid: 'DenyForgedEvents',
      effect: iam.Effect.DENY,
      principals: [new iam.AnyPrincipal()],
      actions: ['events:PutEvents'],
      resources: [this.eventBus.eventBusArn],
      conditions: {
        'ForAnyValue:StringEquals': { 'events:source': [EVENT_SOURCE] },
        ArnNotLike: { 'aws:PrincipalArn': [...senders] },
        BoolIfExists: { 'aws:PrincipalIsAWSService': 'false' },
      },
    });
    new events.CfnEventBusPolicy(this, 'Policy', {
      eventBusName: this.eventBusName,
      statementId: 'DenyForgedEvents',
      statement: deny.toStatementJson(),
    });
  }

  /** Lets a function put events on the bus. */
  grantPublish(fn: lambda.Function): iam.Grant {
    fn.addEnvironment(ENV.eventBus, this.eventBusName);
    return this.eventBus.grantPutEventsTo(fn);
  }

  /** A rule for files that have been verified and registered. */
  onRawAssetRegistered(id: string, props: OnRawAssetProps): RawAssetRule {
    return this.#on('raw_asset_registered', id, props);
  }

  /** A rule for forms that have been signed: the upload may never come. */
  onRawAssetPresigned(id: string, props: OnRawAssetProps): RawAssetRule {
    return this.#on('raw_asset_presigned', id, props);
  }

  /** A rule for assets that were deleted, and can be restored until their retention ends. */
  onRawAssetDeleted(id: string, props: OnRawAssetProps): RawAssetRule {
    return this.#on('raw_asset_deleted', id, props);
  }

  /** A rule for deleted assets that were brought back. */
  onRawAssetRestored(id: string, props: OnRawAssetProps): RawAssetRule {
    return this.#on('raw_asset_restored', id, props);
  }

  /**
   * A rule for assets that are gone for good. The event of an erased asset holds ids only, so that no filter of content
   * types, filenames or sizes lets it through: narrow this rule by `tenants` and `envs` alone.
   */
  onRawAssetPurged(id: string, props: OnRawAssetProps): RawAssetRule {
    return this.#on('raw_asset_purged', id, props);
  }

  /** A rule for uploads that were cancelled, or never registered in time. */
  onRawAssetExpired(id: string, props: OnRawAssetProps): RawAssetRule {
    return this.#on('raw_asset_expired', id, props);
  }

  #on(eventType: EventType, id: string, props: OnRawAssetProps): RawAssetRule {
    return new RawAssetRule(props.crossStackScope ?? this, id, { ...props, bus: this, eventType });
  }
}

/**
 * Lets EventBridge keep an archive under a key. The CDK's own grant names the bus, which cannot be made before its key: the
 * same key for both would be a circle.
 * https://docs.aws.amazon.com/eventbridge/latest/userguide/encryption-archives.html
 */
function grantArchive(key: kms.IKey): void {
  const principals = [new iam.ServicePrincipal('events.amazonaws.com')];
  const { account, region } = key.env;
  const buses = `arn:${Aws.PARTITION}:events:${region}:${account}:event-bus/*`;
  key.addToResourcePolicy(
    new iam.PolicyStatement({
      sid: 'Archive',
      principals,
      actions: ['kms:Decrypt', 'kms:GenerateDataKey', 'kms:ReEncrypt*'],
      resources: ['*'],
      conditions: { StringLike: { 'kms:EncryptionContext:aws:events:event-bus:arn': buses } },
    }),
  );
  key.addToResourcePolicy(
    new iam.PolicyStatement({
      sid: 'ArchiveDescribesKey',
      principals,
      actions: ['kms:DescribeKey'],
      resources: ['*'],
      conditions: { StringEquals: { 'aws:SourceAccount': account } },
    }),
  );
}
