import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const ROOT = join(import.meta.dirname, '../..');
const security = readFileSync(join(ROOT, 'docs/security.md'), 'utf8');

test('every attack names what shows that it is stopped, and that is there', () => {
  const rows = [...security.matchAll(/^\| (?!attack|---)(.+) \|$/gm)].map(([, row = '']) => row.split(' | '));
  expect(rows.length).toBeGreaterThan(25);
  for (const [attack, , shownBy = ''] of rows) {
    const paths = [...shownBy.matchAll(/`(test\/[^`]+)`/g)].map(([, path = '']) => path);
    expect(paths.length, attack).toBeGreaterThan(0);
    for (const path of paths) expect(existsSync(join(ROOT, path)), path).toBe(true);
  }
});

test('the limits that it tells are those of the code', () => {
  const api = readFileSync(join(ROOT, 'lib/api.ts'), 'utf8');
  expect(api).toContain('rateLimit: 1000, burstLimit: 2000');
  expect(security).toContain('1,000 requests a second, bursts of 2,000');
});
