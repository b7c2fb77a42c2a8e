import { expect, test } from 'vitest';
import { readOptions } from '../../../scripts/redrive/options.ts';

const PLACES = { bus: 'a', bucket: 'b', queue: 'c' };
const places = ({ bus, bucket, queue } = PLACES) => ['--bus', bus, '--bucket', bucket, '--queue', queue];

test('are a stack or three places, and what is to be done', () => {
  const defaults = { help: false, dryRun: false, yes: false };
  expect(readOptions(['--stack', 'Mine'])).toEqual({ ...defaults, where: 'Mine' });
  expect(readOptions([...places(), '--yes', '--dry-run'])).toEqual({
    help: false,
    dryRun: true,
    yes: true,
    where: PLACES,
  });
  expect(readOptions(['--help'])).toMatchObject({ help: true });
});

test.each([
  [[], 'Give --stack'],
  [['--bus', 'a', '--bucket', 'b'], 'Give --stack'],
  [[...places(), '--stack', 'Mine'], 'Give --stack'],
  [['--stack', ''], 'Give --stack'],
  [places({ ...PLACES, bus: '' }), 'Give --stack'],
  [['--stack', 'Mine', '--discard'], "Unknown option '--discard'"],
  [['--stack', 'Mine', 'surplus'], 'surplus'],
])('are refused: %j', (args, message) => {
  expect(() => readOptions(args)).toThrow(message);
});
