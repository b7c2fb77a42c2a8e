import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { EVENTBRIDGE_PLUGIN } from '../../../local/eventbridge/plugin.ts';
import { Subscriptions } from '../../../local/eventbridge/subscriptions.ts';
import { openPrincipals } from '../../../local/iam/template.ts';
import { Sqs } from '../../../local/sqs/service.ts';
import { anyone } from '../../support/iam.ts';
import { temporaryDirectory } from '../../support/temporary.ts';
import { templateOf } from '../template-of.ts';

const lambda = { Effect: 'Allow', Principal: { Service: 'lambda.amazonaws.com' }, Action: 'sts:AssumeRole' };
const functionOf = () => ({
  Type: 'AWS::Lambda::Function',
  Properties: { Role: { 'Fn::GetAtt': ['role', 'Arn'] } },
});
const ruleOf = (target: string, EventBusName?: unknown) => ({
  Type: 'AWS::Events::Rule',
  Properties: {
    ...(EventBusName !== undefined && { EventBusName }),
    EventPattern: { source: ['test'] },
    Targets: [{ Arn: { 'Fn::GetAtt': [target, 'Arn'] }, Id: '0' }],
  },
});

test('an event is matched by the rules of its own bus alone', async () => {
  const dir = temporaryDirectory();
  const template = templateOf({
    bus: { Type: 'AWS::Events::EventBus' },
    role: { Type: 'AWS::IAM::Role', Properties: { AssumeRolePolicyDocument: { Statement: lambda } } },
    mine: functionOf(),
    accounts: functionOf(),
    rule: ruleOf('mine', { Ref: 'bus' }),
    other: ruleOf('accounts'),
  });
  const iam = openPrincipals(join(dir, 'iam'), template);
  const eventbridge = await EVENTBRIDGE_PLUGIN.open({ dir, template, iam, now: () => new Date() });
  const sqs = new Sqs({ dir, queues: [] });
  const invoke = vi.fn(async (name: string) => name);
  const { buses } = eventbridge;
  const subscriptions = new Subscriptions({ dir, template, iam, buses, sqs, invoke, firstBackoffMs: 1 });
  onTestFinished(async () => {
    await subscriptions.close();
    eventbridge.close();
    iam.close();
  });
  subscriptions.start();

  const entry = { Source: 'test', DetailType: 'thing_done', Detail: '{}' };
  const put = async (...Entries: object[]) =>
    eventbridge.operations.PutEvents.handle({ Entries }, anyone) as { Entries: { EventId: string }[] };
  const told = () =>
    invoke.mock.calls.map(([name, event]: readonly unknown[]) => [name, (event as { id: string }).id]);
  const { Entries } = await put({ ...entry, EventBusName: 'bus' }, entry);
  const [mine, accounts] = Entries.map(({ EventId }) => EventId);
  await expect.poll(() => told().length).toBe(2);
  expect(told().toSorted()).toEqual([
    ['accounts', accounts],
    ['mine', mine],
  ]);
});
