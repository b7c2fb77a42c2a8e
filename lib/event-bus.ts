import * as events from 'aws-cdk-lib/aws-events';
import type * as iam from 'aws-cdk-lib/aws-iam';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import { ENV } from '#core/env';
import { EVENT_SOURCE, type EventType } from '#core/events';

/** The bus that subscribers listen to. */
export class EventBus extends events.EventBus {
  /** Lets a function put events on the bus. */
  grantPublish(fn: lambda.Function): iam.Grant {
    fn.addEnvironment(ENV.eventBus, this.eventBusName);
    return this.grantPutEventsTo(fn);
  }

  /** A rule for a file that has been verified and registered. */
  onRegistered(id: string, options: events.OnEventOptions = {}): events.Rule {
    return this.#on('raw_asset_registered', id, options);
  }

  /** A rule for a form that has been signed: the upload may never come. */
  onPresigned(id: string, options: events.OnEventOptions = {}): events.Rule {
    return this.#on('raw_asset_presigned', id, options);
  }

  #on(
    type: EventType,
    id: string,
    { eventPattern, target, crossStackScope, ...options }: events.OnEventOptions,
  ) {
    const rule = new events.Rule(crossStackScope ?? this, id, {
      ...options,
      eventBus: this,
      eventPattern: { ...eventPattern, source: [EVENT_SOURCE], detailType: [type] },
    });
    rule.addTarget(target);
    return rule;
  }
}
