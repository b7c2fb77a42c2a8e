import { App, Stack } from 'aws-cdk-lib';
import * as events from 'aws-cdk-lib/aws-events';
import * as s3 from 'aws-cdk-lib/aws-s3';
import flags from 'aws-cdk-lib/recommended-feature-flags.json' with { type: 'json' };
import { Subscriber } from './subscriber.ts';

const app = new App({ context: flags });
/** Beside the service's stack, whose outputs these are: either is deployed without the other. */
const stack = new Stack(app, 'CountLines');
new Subscriber(stack, 'Subscriber', {
  storage: {
    bus: events.EventBus.fromEventBusName(stack, 'Bus', app.node.getContext('EventBusName')),
    bucket: s3.Bucket.fromBucketName(stack, 'RawBucket', app.node.getContext('RawBucketName')),
  },
});
