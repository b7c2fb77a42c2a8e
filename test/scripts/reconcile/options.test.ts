import { expect, test } from 'vitest';
import { readOptions } from '../../../scripts/reconcile/options.ts';

const NAMES = ['--bucket', 'b', '--table', 't'];

test('are a stack or names, and what is to be done', () => {
  const defaults = { help: false, yes: false, fix: false };
  expect(readOptions(['--stack', 'Mine'])).toEqual({ ...defaults, where: 'Mine' });
  expect(readOptions([...NAMES, '--tenant', 't_acme', '--cursor', 'c.json'])).toEqual({
    ...defaults,
    tenant: 't_acme',
    cursor: 'c.json',
    where: { bucket: 'b', table: 't', queue: '' },
  });
  expect(readOptions([...NAMES, '--queue', 'q', '--fix', 'orphans', '--yes'])).toMatchObject({
    fix: true,
    yes: true,
    where: { queue: 'q' },
  });
  expect(readOptions(['--help'])).toMatchObject({ help: true });
});

test.each([
  [[], 'Give --stack'],
  [['--bucket', 'b'], 'Give --stack'],
  [[...NAMES, '--fix', 'orphans'], 'with --fix, --queue'],
  [[...NAMES, '--stack', 'Mine'], 'Give --stack'],
  [['--stack', 'Mine', '--fix', 'missing'], '--fix missing is not known'],
  [['--stack', 'Mine', '--tenant', 'a/b'], '--tenant is 2 to 64'],
  [['--stack', 'Mine', '--cursor', ''], '--cursor names no file'],
  [['--stack', 'Mine', '--all'], "Unknown option '--all'"],
])('are refused: %j', (args, message) => {
  expect(() => readOptions(args)).toThrow(message);
});
