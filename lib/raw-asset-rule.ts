import { Duration } from 'aws-cdk-lib';
import * as events from 'aws-cdk-lib/aws-events';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import { EVENT_SOURCE } from '#contract/events';
import type { EventType } from '#contract/outbox-entry';
import { DeadLetterQueue } from './dead-letter-queue.ts';
import { detailPattern, type RawAssetFilter } from './raw-asset-filter.ts';
import { SettingError } from './setting-error.ts';

export interface SubscriptionProps extends RawAssetFilter {
  /** The target of the rule. If it has a dead-letter queue or retry policy of its own, that one is used. */
  readonly target: events.IRuleTarget;
  /**
   * Where an event goes that could not be handed to the target.
   *
   * @default - a new queue, which keeps it for 14 days
   */
  readonly deadLetterQueue?: sqs.IQueue;
  /**
   * How often EventBridge tries again to hand an event to the target.
   *
   * @default 185
   */
  readonly retryAttempts?: number;
  /**
   * How old an event may become meanwhile.
   *
   * @default - a day
   */
  readonly maxEventAge?: Duration;
  readonly description?: string;
}

export interface RawAssetRuleProps extends SubscriptionProps {
  /** The service's bus; one that another app deploys is found by `EventBus.fromEventBusName`. */
  readonly bus: events.IEventBusRef;
  readonly eventType: EventType;
}

/** Subscribes a target to one type of event, at least once: the same event may come again, with the same `event_id`. */
export class RawAssetRule extends events.Rule {
  /** Its messages are events. Undefined where the target has a queue of its own. */
  readonly deadLetterQueue: sqs.IQueue | undefined;

  /** @throws SettingError for a filter that no event could pass, or that EventBridge does not take */
  constructor(scope: Construct, id: string, props: RawAssetRuleProps) {
    const {
      bus,
      eventType,
      target,
      description,
      retryAttempts = 185,
      maxEventAge = Duration.days(1),
    } = props;
    const detail = detailPattern(props);
    const eventPattern = { source: [EVENT_SOURCE], detailType: [eventType], ...(detail && { detail }) };
    refuseLong(eventPattern, id);
    super(scope, id, {
      ...(description !== undefined && { description }),
      eventBus: bus,
      eventPattern,
    });
    let deadLetterQueue: sqs.IQueue | undefined;
    this.addTarget({
      bind: (rule, targetId) => {
        const bound = target.bind(rule, targetId);
        if (!bound.deadLetterConfig)
          deadLetterQueue =
            props.deadLetterQueue ??
            new DeadLetterQueue(this, 'DeadLetterQueue', {
              of: 'what could not be handed to the target of the rule',
            });
        return {
          ...bound,
          retryPolicy: bound.retryPolicy ?? {
            maximumRetryAttempts: retryAttempts,
            maximumEventAgeInSeconds: maxEventAge.toSeconds(),
          },
          ...(deadLetterQueue && { deadLetterConfig: { arn: deadLetterQueue.queueArn } }),
        };
      },
    });
    this.deadLetterQueue = deadLetterQueue;
    if (deadLetterQueue) this.#grantSend(deadLetterQueue, id);
  }

  /**
   * EventBridge drops an event that its dead-letter queue does not take, and tells nobody.
   * https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-event-delivery.html#eb-rule-dlq
   *
   * @throws SettingError for a queue or a key whose policy is not this app's to complete
   */
  #grantSend(queue: sqs.IQueue, id: string): void {
    const principals = [new iam.ServicePrincipal('events.amazonaws.com')];
    const conditions = { ArnEquals: { 'aws:SourceArn': this.ruleArn } };
    const isGranted = queue.addToResourcePolicy(
      new iam.PolicyStatement({
        principals,
        actions: ['sqs:SendMessage'],
        resources: [queue.queueArn],
        conditions,
      }),
    ).statementAdded;
    if (!isGranted) throw unusable(id, 'it is imported, so its policy cannot be given a statement here');
    // The key that AWS keeps for SQS lets no other service of its own in, and nobody can change its policy.
    if (queue.encryptionType === sqs.QueueEncryption.KMS_MANAGED)
      throw unusable(id, "it is encrypted by AWS's key for SQS, which EventBridge may not use");
    const isKeyGranted = queue.encryptionMasterKey?.addToResourcePolicy(
      new iam.PolicyStatement({
        principals,
        actions: ['kms:Decrypt', 'kms:GenerateDataKey'],
        resources: ['*'],
      }),
    ).statementAdded;
    if (isKeyGranted === false)
      throw unusable(id, 'its key is imported, so its policy cannot be given a statement here');
  }
}

function unusable(id: string, reason: string): SettingError {
  return new SettingError(`Invalid deadLetterQueue of ${id}: ${reason}`);
}

/** The most characters of a pattern: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-quota.html */
const MAX_PATTERN = 2048;

/**
 * Counts a value that is known at deployment only as its placeholder.
 *
 * @throws SettingError for a pattern over EventBridge's quota, which would fail in the middle of a deployment
 */
function refuseLong({ source, detailType, detail }: events.EventPattern, id: string): void {
  const { length } = JSON.stringify({ source, 'detail-type': detailType, detail });
  if (length <= MAX_PATTERN) return;
  const message = `it has ${length} characters, and EventBridge takes ${MAX_PATTERN}: split it into several rules`;
  throw new SettingError(`Invalid pattern of ${id}: ${message}`);
}
