import { App, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import type { IRuleTarget } from 'aws-cdk-lib/aws-events';
import { expect, test } from 'vitest';
import { EventBus } from '../../lib/event-bus.ts';

const target: IRuleTarget = { bind: () => ({ arn: 'arn:aws:sqs:us-east-1:000000000000:subscriber' }) };

function busWithRules(rules: (bus: EventBus, stack: Stack) => void): Template {
  const stack = new Stack(new App({ builtinCloudFormationValidation: false }), 'Stack');
  rules(new EventBus(stack, 'EventBus'), stack);
  return Template.fromStack(stack);
}

test('offers a rule for each event', () => {
  const template = busWithRules((bus) => {
    bus.onPresigned('Presigned', { target });
    bus.onRegistered('Registered', { target });
  });
  for (const [id, type] of [
    ['Presigned', 'raw_asset_presigned'],
    ['Registered', 'raw_asset_registered'],
  ]) {
    template.hasResourceProperties('AWS::Events::Rule', {
      EventBusName: { Ref: Match.stringLikeRegexp('^EventBus') },
      EventPattern: { source: ['nexus.raw-storage'], 'detail-type': [type] },
      Targets: [Match.objectLike({ Arn: 'arn:aws:sqs:us-east-1:000000000000:subscriber' })],
    });
    expect(Object.keys(template.findResources('AWS::Events::Rule')).join()).toContain(id);
  }
});

test('a rule narrows by what the subscriber asks, never beyond the event', () => {
  const template = busWithRules((bus, stack) => {
    const eventPattern = { source: ['other'], detail: { tenant_id: ['t_demo'] } };
    bus.onRegistered('Registered', { target, eventPattern, crossStackScope: new Stack(stack, 'Subscriber') });
    bus.onRegistered('Own', { target, eventPattern, description: 'mine' });
  });
  template.resourceCountIs('AWS::Events::Rule', 1);
  template.hasResourceProperties('AWS::Events::Rule', {
    Description: 'mine',
    EventPattern: {
      source: ['nexus.raw-storage'],
      'detail-type': ['raw_asset_registered'],
      detail: { tenant_id: ['t_demo'] },
    },
  });
});
