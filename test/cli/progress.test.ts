import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Progress } from '../../cli/progress.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function progressOn(isTTY: boolean) {
  const output = Object.assign(new PassThrough({ encoding: 'utf8' }), { isTTY });
  const progress = new Progress(output);
  return { progress, written: () => output.read() };
}

test('is a line that changes on a terminal, and leaves it empty', () => {
  const { progress, written } = progressOn(true);
  for (let sent = 0; sent < 10; sent++) {
    progress.report(`${sent} of 10 sent`);
    vi.advanceTimersByTime(50);
  }
  progress.clear();
  const told = [2, 4, 6, 8].map((sent) => `\r\x1b[K${sent} of 10 sent`);
  expect(written()).toBe(`${told.join('')}\r\x1b[K`);
});

test('is a line every ten seconds elsewhere', () => {
  const { progress, written } = progressOn(false);
  for (let second = 0; second < 25; second++) {
    progress.report(`after ${second} s`);
    vi.advanceTimersByTime(1000);
  }
  progress.clear();
  expect(written()).toBe('after 10 s\nafter 20 s\n');
});
