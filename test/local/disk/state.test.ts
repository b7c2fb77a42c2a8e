import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openState, StateInUseError } from '../../../local/disk/state.ts';
import { temporaryDirectory } from '../../support/temporary.ts';

const makeDir = () => join(temporaryDirectory(), '.nexus');

test('is its owner’s alone', () => {
  const dir = makeDir();
  const state = openState(dir);
  expect(statSync(dir).mode & 0o777).toBe(0o700);
  state.close();
});

test('is not shared within a process', () => {
  const dir = makeDir();
  const state = openState(dir);
  expect(() => openState(dir)).toThrow(StateInUseError);
  state.close();
  openState(dir).close();
});

test('is not shared with another process that lives', () => {
  const dir = makeDir();
  openState(dir).close();
  const other = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
  try {
    writeFileSync(join(dir, 'lock'), String(other.pid));
    expect(() => openState(dir)).toThrow(`in use by process ${other.pid}`);
  } finally {
    other.kill();
  }
});

test.each(['of a process that is gone', 'of no process at all'])('takes over a lock %s', (whose) => {
  const dir = makeDir();
  openState(dir).close();
  const gone = spawnSync(process.execPath, ['-e', '']).pid;
  writeFileSync(join(dir, 'lock'), whose.includes('gone') ? String(gone) : 'nonsense');
  const state = openState(dir);
  expect(readFileSync(join(dir, 'lock'), 'utf8')).toBe(String(process.pid));
  state.close();
  expect(existsSync(join(dir, 'lock'))).toBe(false);
});

test('takes over a lock of its own id, as after the restart of a container', () => {
  const dir = makeDir();
  openState(dir).close();
  writeFileSync(join(dir, 'lock'), String(process.pid));
  openState(dir).close();
});

test('an ephemeral state is removed at close', () => {
  const state = openState();
  expect(existsSync(state.dir)).toBe(true);
  state.close();
  expect(existsSync(state.dir)).toBe(false);
});
