import { globSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

it('says "prompt" nowhere: the service stores raw files and holds no prompts, so the word would mislead', () => {
  const files = globSync('{contract,lambdas}/**/*.ts');
  expect(files.length).toBeGreaterThan(20);
  for (const file of files) expect(`${file}\n${readFileSync(file, 'utf8')}`).not.toMatch(/prompt/i);
});
