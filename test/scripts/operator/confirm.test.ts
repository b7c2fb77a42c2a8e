import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { confirm } from '../../../scripts/operator/confirm.ts';

function ask(typed: string) {
  const [input, output] = [new PassThrough(), new PassThrough({ encoding: 'utf8' })];
  const answer = confirm('Send them?', input, output);
  input.end(typed);
  return { answer, written: () => output.read() };
}

test.each(['y\n', 'Yes\n', ' y \n'])('%j is yes', async (typed) => {
  const { answer, written } = ask(typed);
  expect(await answer).toBe(true);
  expect(written()).toBe('Send them? [y/N] ');
});

test.each(['\n', 'n\n', 'yet\n', ''])('%j is no', async (typed) => {
  expect(await ask(typed).answer).toBe(false);
});
