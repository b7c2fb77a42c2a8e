import { globSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

it('speaks of no prompts: the service holds none', () => {
  const files = globSync('lambdas/**/*.ts');
  expect(files.length).toBeGreaterThan(20);
  for (const file of files) expect(`${file}\n${readFileSync(file, 'utf8')}`).not.toMatch(/prompt/i);
});
