import * as events from 'aws-cdk-lib/aws-events';
import type * as iam from 'aws-cdk-lib/aws-iam';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
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
