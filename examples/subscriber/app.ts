import { App } from 'aws-cdk-lib';
import flags from 'aws-cdk-lib/recommended-feature-flags.json' with { type: 'json' };
import { RawStorageStack } from 'nexus-raw-storage';
import { Subscriber } from './subscriber.ts';

const app = new App({ context: flags });
const stack = new RawStorageStack(app, 'NexusRawStorage', {
  issuer: app.node.getContext('issuer'),
  audience: app.node.getContext('audience'),
});
new Subscriber(stack, 'Subscriber', { storage: stack.storage });
