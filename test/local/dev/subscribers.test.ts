import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { loadSubscriber } from '../../../local/dev/subscribers.ts';
import { temporaryDirectory } from '../../support/temporary.ts';

const HANDLER = 'export const handler = () => {};';

/** A directory with these files; the path of its handler. */
function handlerIn(files: Readonly<Record<string, string>>): string {
  const dir = temporaryDirectory();
  for (const [name, text] of Object.entries(files)) writeFileSync(join(dir, name), text);
  return join(dir, 'handler.ts');
}

test('the construct beside a handler is made in the stack, with the storage and the handler', async () => {
  const made: unknown[][] = [];
  Object.assign(globalThis, { made });
  const handler = handlerIn({
    'handler.ts': HANDLER,
    'subscriber.ts': 'export class Subscriber { constructor(...args: unknown[]) { made.push(args); } }',
  });
  const mount = await loadSubscriber(handler);
  mount('stack' as never, 'Subscriber', 'storage' as never);
  expect(made).toEqual([['stack', 'Subscriber', { storage: 'storage', entry: handler }]]);
});

test.each([
  ['no handler', {}, 'there is no such file'],
  ['no construct beside it', { 'handler.ts': HANDLER }, 'there is no subscriber.ts beside it'],
  [
    'a construct of another name',
    { 'handler.ts': HANDLER, 'subscriber.ts': 'export class Other {}' },
    'the subscriber.ts beside it exports no Subscriber',
  ],
  [
    'a handler that does not compile',
    { 'handler.ts': 'export const x = 1;\nexport const handler = () => {', 'subscriber.ts': '' },
    /handler\.ts:2:31: Unexpected end of file$/,
  ],
  [
    'a handler that imports what is not there',
    { 'handler.ts': "import './none.ts';", 'subscriber.ts': '' },
    /handler\.ts:1:8: Could not resolve "\.\/none\.ts"$/,
  ],
  [
    'a construct that does not load',
    { 'handler.ts': HANDLER, 'subscriber.ts': "throw new Error('no luck')" },
    /handler\.ts: no luck$/,
  ],
])('refused in one line: %s', async (_, files, message) => {
  const handler = handlerIn(files);
  const error = await loadSubscriber(handler).catch((thrown) => thrown);
  expect(error.message).toMatch(message);
  expect(error.message).toMatch(/^--subscribe .*handler\.ts: .+$/);
});
