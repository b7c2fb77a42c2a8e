import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, test } from 'vitest';
import { Functions } from '../../../local/lambda/functions.ts';
import { type FunctionDefinition, FunctionError } from '../../../local/lambda/sandbox.ts';
import { temporaryDirectory } from '../../support/temporary.ts';

const open: Functions[] = [];
const logged: { name: string; line: Record<string, unknown> }[] = [];

afterEach(async () => {
  await Promise.all(open.splice(0).map((functions) => functions.close()));
  logged.length = 0;
});

/** A function whose bundle is `code`, CommonJS as on Lambda. */
function functionOf(code: string, overrides: Partial<FunctionDefinition> = {}): Functions {
  const directory = temporaryDirectory();
  writeFileSync(join(directory, 'index.js'), code);
  const definition: FunctionDefinition = {
    name: 'fixture',
    arn: 'arn:aws:lambda:us-east-1:000000000000:function:fixture',
    directory,
    handler: 'index.handler',
    memoryMb: 256,
    environment: { SETTING: 'on' },
    timeoutSeconds: 5,
    ...overrides,
  };
  const functions = new Functions([definition], (name, line) =>
    logged.push({ name, line: JSON.parse(line) }),
  );
  open.push(functions);
  return functions;
}

const failure = (type: string, message: unknown) => ({ functionName: 'fixture', type, message });

test('hands over the payload and returns the result, as JSON carries them', async () => {
  const functions = functionOf(
    `exports.handler = async (event) => ({ got: event, date: new Date(0), none: undefined })`,
  );
  const result = await functions.invoke('fixture', { a: [1], b: undefined });
  expect(result).toEqual({ got: { a: [1] }, date: '1970-01-01T00:00:00.000Z' });
});

test('a handler that returns nothing gives null', async () => {
  expect(await functionOf('exports.handler = () => {}').invoke('fixture', {})).toBeNull();
});

test('the environment is its own: nothing of this process is in it', async () => {
  const functions = functionOf('exports.handler = () => process.env');
  expect(await functions.invoke('fixture', {})).toEqual({ SETTING: 'on' });
});

test('the context carries request id, name and remaining time', async () => {
  const functions = functionOf(`exports.handler = async (_, context) =>
    ({ ...context, remaining: context.getRemainingTimeInMillis() })`);
  const context = (await functions.invoke('fixture', {})) as Record<string, unknown>;
  expect(context).toMatchObject({ functionName: 'fixture', memoryLimitInMB: '256' });
  expect(context['awsRequestId']).toMatch(/^[0-9a-f-]{36}$/);
  expect(context['remaining']).toBeGreaterThan(4000);
  expect(context['remaining']).toBeLessThanOrEqual(5000);
});

test('invocations share one worker and overlap in it', async () => {
  const functions = functionOf(`let waiting = [];
    exports.handler = () => new Promise((resolve) => {
      waiting.push(resolve);
      if (waiting.length === 3) waiting.forEach((done, index) => done(index));
    })`);
  const results = await Promise.all([1, 2, 3].map(() => functions.invoke('fixture', {})));
  expect(results).toEqual([0, 1, 2]);
});

test('what the handler throws is a FunctionError of its name', async () => {
  const functions = functionOf('exports.handler = async () => { throw new RangeError("too far") }');
  const error = await functions.invoke('fixture', {}).catch((thrown) => thrown);
  expect(error).toBeInstanceOf(FunctionError);
  expect(error).toMatchObject(failure('RangeError', 'too far'));
  expect(logged.at(-1)).toMatchObject({
    name: 'fixture',
    line: { level: 'error', message: 'RangeError: too far' },
  });
});

test.each([
  ['throws', 'throw new Error("SETTING is wrong")', 'Error', 'SETTING is wrong'],
  ['exports no handler', 'exports.other = 1', 'Runtime.HandlerNotFound', 'index.handler is not a function'],
  ['does not parse', 'exports.handler = (', 'SyntaxError', expect.any(String)],
])('a bundle that %s fails at start and at every invocation', async (_, code, type, message) => {
  const functions = functionOf(code);
  await expect(functions.start()).rejects.toMatchObject(failure(type, message));
  await expect(functions.invoke('fixture', {})).rejects.toMatchObject(failure(type, message));
});

test('an invocation that runs out of time fails, and the next gets a fresh worker', async () => {
  const functions = functionOf(
    `let count = 0; exports.handler = (event) => event.hang ? new Promise(() => {}) : ++count`,
    { timeoutSeconds: 0.3 },
  );
  expect(await functions.invoke('fixture', {})).toBe(1);
  await expect(functions.invoke('fixture', { hang: true })).rejects.toMatchObject(
    failure('Sandbox.Timedout', expect.stringContaining('Task timed out after 0.30 seconds')),
  );
  expect(await functions.invoke('fixture', {})).toBe(1);
});

test('other invocations of a worker outlive one that runs out of time', async () => {
  const functions = functionOf(
    `exports.handler = ({ ms }) => new Promise((resolve) => setTimeout(resolve, ms, 'done'))`,
    { timeoutSeconds: 0.5 },
  );
  await functions.start();
  const late = functions.invoke('fixture', { ms: 60_000 }).catch((error) => error.type);
  await sleep(300);
  const other = functions.invoke('fixture', { ms: 350 });
  expect(await late).toBe('Sandbox.Timedout');
  expect(await other).toBe('done');
});

test('a worker that ran out of time is ended once nothing else is under way', async () => {
  const functions = functionOf(
    `exports.handler = () => new Promise(() => setInterval(() => console.log('alive'), 10))`,
    { timeoutSeconds: 0.2 },
  );
  await expect(functions.invoke('fixture', {})).rejects.toMatchObject({ type: 'Sandbox.Timedout' });
  await sleep(100);
  const lines = logged.length;
  expect(lines).toBeGreaterThan(1);
  await sleep(200);
  expect(logged).toHaveLength(lines);
});

test('a handler that never yields is ended too', async () => {
  const functions = functionOf('exports.handler = ({ spin }) => { while (spin); return 1 }', {
    timeoutSeconds: 0.3,
  });
  await expect(functions.invoke('fixture', { spin: true })).rejects.toMatchObject({
    type: 'Sandbox.Timedout',
  });
  expect(await functions.invoke('fixture', {})).toBe(1);
});

test.each([
  ['exits', 'process.exit(3)'],
  ['fails beside its invocation', 'setTimeout(() => { throw new Error("boom") })'],
])('a worker that %s fails its invocations, and the next gets a fresh one', async (_, crash) => {
  const functions = functionOf(`exports.handler = (event) => {
    if (!event.crash) return 'fine';
    ${crash};
    return new Promise(() => {});
  }`);
  const invocations = [{ crash: true }, { crash: true }].map((event) => functions.invoke('fixture', event));
  for (const outcome of await Promise.allSettled(invocations)) {
    expect(outcome).toMatchObject({
      status: 'rejected',
      reason: failure('Runtime.ExitError', expect.any(String)),
    });
  }
  expect(await functions.invoke('fixture', {})).toBe('fine');
});

test('kill ends it in the middle of an invocation', async () => {
  const functions = functionOf('exports.handler = (event) => event.hang ? new Promise(() => {}) : 1');
  await functions.start();
  const hanging = functions.invoke('fixture', { hang: true }).catch((error) => error.type);
  await sleep(20);
  await functions.kill('fixture');
  expect(await hanging).toBe('Runtime.ExitError');
  expect(await functions.invoke('fixture', {})).toBe(1);
});

test('console output is logged as JSON, with level, request id and message', async () => {
  const functions = functionOf(`exports.handler = (_, context) => {
    console.warn({ message: 'odd', code: 7 });
    console.log('%s files', 2);
    return context.awsRequestId;
  }`);
  const requestId = await functions.invoke('fixture', {});
  expect(logged.map(({ line }) => line)).toEqual([
    { level: 'warn', requestId, message: { message: 'odd', code: 7 } },
    { level: 'info', requestId, message: '2 files' },
  ]);
});

test('what is written past the console is logged by the line, but for metrics', async () => {
  const functions = functionOf(`exports.handler = () => {
    process.stdout.write('one\\n{"_aws":{"Timestamp":1},"Files":2}\\ntwo\\n');
  }`);
  await functions.invoke('fixture', {});
  await expect.poll(() => logged.map(({ line }) => line['message'])).toEqual(['one', 'two']);
});

test('an unknown function is an error of the caller', async () => {
  await expect(functionOf('').invoke('other', {})).rejects.toThrow('no function other');
});
