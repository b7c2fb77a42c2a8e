import { expect, onTestFinished, test } from 'vitest';
import { readPattern } from '../../../local/event-pattern/pattern.ts';
import type { StoredEvent } from '../../../local/eventbridge/put-events.ts';
import { type DeadLetter, type DeliveredEvent, type Rule, Rules } from '../../../local/eventbridge/rules.ts';
import { makeDir } from '../dynamodb/table-definition.ts';

const event = (type: string): StoredEvent => ({
  version: '0',
  id: `id-${type}`,
  'detail-type': type,
  source: 'test',
  account: '000000000000',
  time: '2026-01-31T12:00:00Z',
  region: 'us-east-1',
  resources: [],
  detail: { n: 1 },
});

const target = (id: string, more: object = {}) => ({
  id,
  functionName: `function-${id}`,
  functionArn: `arn:aws:lambda:us-east-1:000000000000:function:function-${id}`,
  retryPolicy: { maximumRetryAttempts: 2, maximumEventAgeInSeconds: 60 },
  ...more,
});

const rule = (name: string, type: string, ...targets: Rule['targets']): Rule => ({
  bus: 'raw',
  name,
  arn: `arn:aws:events:us-east-1:000000000000:rule/${name}`,
  pattern: readPattern({ source: ['test'], 'detail-type': [type] }),
  targets,
});

function open(rules: readonly Rule[], dir = makeDir(), invoke = async (_name: string) => {}) {
  const invoked: [string, DeliveredEvent][] = [];
  const sent: [string, DeliveredEvent][] = [];
  const letters: DeadLetter[] = [];
  const opened = new Rules({
    dir,
    rules,
    firstBackoffMs: 1,
    async invoke(name, event) {
      invoked.push([name, event]);
      await invoke(name);
    },
    send: async (arn, event) => void sent.push([arn, event]),
    sendDeadLetter: async (letter) => void letters.push(letter),
  });
  onTestFinished(() => opened.close());
  return { rules: opened, invoked, sent, letters };
}

const down = () => Promise.reject(new Error('no function takes it'));

test('an event goes to every target of each rule that it matches, as it is', async () => {
  const { rules, invoked } = open([
    rule('one', 'a', target('1'), target('2')),
    rule('two', 'a', target('3')),
    rule('three', 'b', target('4')),
  ]);
  rules.start();
  expect(rules.take(event('a'))).toBe(3);
  expect(rules.take(event('c'))).toBe(0);
  await expect.poll(() => invoked).toHaveLength(3);
  expect(invoked.toSorted(([a], [b]) => a.localeCompare(b))).toEqual(
    ['1', '2', '3'].map((id) => [`function-${id}`, event('a')]),
  );
});

test('a queue that is a target is sent the event as it is', async () => {
  const queueArn = 'arn:aws:sqs:us-east-1:000000000000:work';
  const { functionName: _, functionArn: __, ...queue } = target('1', { queueArn });
  const { rules, invoked, sent } = open([rule('one', 'a', { ...queue, queueArn })]);
  rules.start();
  rules.take(event('a'));
  await expect.poll(() => sent).toEqual([[queueArn, event('a')]]);
  expect(invoked).toEqual([]);
});

test('a target that takes none is tried again, and then its queue gets the event with what EventBridge says of it', async () => {
  const deadLetterQueue = 'arn:aws:sqs:us-east-1:000000000000:failures';
  const { rules, invoked, letters } = open(
    [rule('one', 'a', target('1', { deadLetterQueue }), target('2'))],
    makeDir(),
    (name) => (name === 'function-1' ? down() : Promise.resolve()),
  );
  rules.start();
  rules.take(event('a'));
  await expect.poll(() => letters).toHaveLength(1);
  expect(invoked.map(([name]) => name).toSorted()).toEqual([
    'function-1',
    'function-1',
    'function-1',
    'function-2',
  ]);
  expect(letters[0]).toEqual({
    queueArn: deadLetterQueue,
    body: JSON.stringify(event('a')),
    attributes: {
      RULE_ARN: 'arn:aws:events:us-east-1:000000000000:rule/one',
      TARGET_ARN: 'arn:aws:lambda:us-east-1:000000000000:function:function-1',
      ERROR_CODE: 'SDK_CLIENT_ERROR',
      ERROR_MESSAGE: 'no function takes it',
      EXHAUSTED_RETRY_CONDITION: 'MaximumRetryAttempts',
      RETRY_ATTEMPTS: '2',
    },
  });
});

test('without a queue, what a target does not take is dropped', async () => {
  const dir = makeDir();
  const first = open([rule('one', 'a', target('1'))], dir, down);
  first.rules.start();
  first.rules.take(event('a'));
  await expect.poll(() => first.invoked).toHaveLength(3);
  await first.rules.close();
  expect(first.letters).toEqual([]);
  const second = open([rule('one', 'a', target('1'))], dir);
  second.rules.start();
  second.rules.take(event('a'));
  await expect.poll(() => second.invoked).toHaveLength(1);
});

test('a killed process’s events go to the targets that had not got them', async () => {
  const dir = makeDir();
  const twoTargets = [rule('one', 'a', target('1'), target('2'))];
  open(twoTargets, dir).rules.take(event('a'));
  const { rules, invoked } = open(twoTargets, dir);
  rules.start();
  await expect.poll(() => invoked.map(([name]) => name).toSorted()).toEqual(['function-1', 'function-2']);
});
