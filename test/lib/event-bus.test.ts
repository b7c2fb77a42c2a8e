import { App, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import type { IRuleTarget } from 'aws-cdk-lib/aws-events';
import { expect, test } from 'vitest';
import { EventBus } from '../../lib/event-bus.ts';
import { temporaryDirectory } from '../support/temporary.ts';

const target: IRuleTarget = { bind: () => ({ arn: 'arn:aws:sqs:us-east-1:000000000000:subscriber' }) };

function stack(): Stack {
  return new Stack(
    new App({ outdir: temporaryDirectory(), builtinCloudFormationValidation: false }),
    'Stack',
  );
}

test.each([
  ['onRawAssetRegistered', 'raw_asset_registered'],
  ['onRawAssetPresigned', 'raw_asset_presigned'],
  ['onRawAssetDeleted', 'raw_asset_deleted'],
  ['onRawAssetRestored', 'raw_asset_restored'],
  ['onRawAssetPurged', 'raw_asset_purged'],
  ['onRawAssetExpired', 'raw_asset_expired'],
] as const)('%s is a rule on the bus for %s', (method, type) => {
  const scope = stack();
  const rule = new EventBus(scope, 'EventBus')[method]('Mine', { target, tenants: ['t_acme'] });
  expect(rule.node.path).toBe('Stack/EventBus/Mine');
  Template.fromStack(scope).hasResourceProperties('AWS::Events::Rule', {
    EventBusName: { Ref: Match.stringLikeRegexp('^EventBus') },
    EventPattern: {
      source: ['nexus.raw-storage'],
      'detail-type': [type],
      detail: { tenant_id: ['t_acme'] },
    },
    Targets: [Match.objectLike({ Arn: 'arn:aws:sqs:us-east-1:000000000000:subscriber' })],
  });
});

test('a rule may belong to the stack of its subscriber', () => {
  const scope = stack();
  const subscriber = new Stack(scope, 'Subscriber');
  const bus = new EventBus(scope, 'EventBus');
  bus.onRawAssetRegistered('Mine', { target, crossStackScope: subscriber });
  Template.fromStack(scope).resourceCountIs('AWS::Events::Rule', 0);
  Template.fromStack(subscriber).resourceCountIs('AWS::Events::Rule', 1);
});
