import * as events from 'aws-cdk-lib/aws-events';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import { EVENT_SOURCE } from '#contract/events';
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

/** The bus that subscribers listen to. */
export class EventBus extends events.EventBus {
  /** The CDK writes an empty key where none is given, which some Regions refuse: https://github.com/aws/aws-cdk/issues/37847 */
  override archive(id: string, props: events.BaseArchiveProps): events.Archive {
    const archive = super.archive(id, props);
    const resource = archive.node.defaultChild as events.CfnArchive;
    if (props.kmsKey === undefined) resource.addPropertyDeletionOverride('KmsKeyIdentifier');
    return archive;
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
      resources: [this.eventBusArn],
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
    return this.grantPutEventsTo(fn);
  }

  /** A rule for files that have been verified and registered. */
  onRawAssetRegistered(id: string, props: OnRawAssetProps): RawAssetRule {
    const scope = props.crossStackScope ?? this;
    return new RawAssetRule(scope, id, { ...props, bus: this, eventType: 'raw_asset_registered' });
  }

  /** A rule for forms that have been signed: the upload may never come. */
  onRawAssetPresigned(id: string, props: OnRawAssetProps): RawAssetRule {
    const scope = props.crossStackScope ?? this;
    return new RawAssetRule(scope, id, { ...props, bus: this, eventType: 'raw_asset_presigned' });
  }
}
