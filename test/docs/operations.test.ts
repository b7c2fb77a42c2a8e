import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { synth } from '../support/synth.ts';

const runbook = readFileSync(join(import.meta.dirname, '../../docs/operations.md'), 'utf8');
const template = synth();

/** What the runbook's `resource TYPE NAME` asks for. */
const named = [...runbook.matchAll(/\$\(resource (AWS::\S+) (\w+)\)/g)].map(
  ([, type = '', name = '']) => [type, name] as const,
);

test('the runbook asks for resources by name', () => {
  expect(named.length).toBeGreaterThanOrEqual(5);
});

test.each(named)('of type %s there is one whose logical id holds %s', (type, name) => {
  const ids = Object.keys(template.findResources(type)).filter((id) => id.includes(name));
  expect(ids).toHaveLength(1);
});

test('the outputs that the runbook takes are there', () => {
  const outputs = [...runbook.matchAll(/\$\(output (\w+)\)/g)].map(([, name = '']) => name);
  expect(outputs.length).toBeGreaterThan(0);
  for (const name of outputs) expect(Object.keys(template.findOutputs(name))).toEqual([name]);
});
