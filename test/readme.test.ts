import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { curlSession, TOKEN_BY_CURL } from '../local/dev/banner.ts';
import { withTables } from '../scripts/readme-tables.ts';

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');

it('has the very session that npm start prints', () => {
  const lines = curlSession({ apiUrl: 'http://127.0.0.1:4000', token: TOKEN_BY_CURL });
  for (const line of Object.values(lines)) expect(readme).toContain(`\n${line}\n`);
});

it('has the tables of routes and errors that `npm run readme:tables` writes', () => {
  expect(withTables(readme)).toBe(readme);
});

it('links only to files that are there', () => {
  const links = [...readme.matchAll(/\]\((?!https?:)([^)#]+)/g)].map(([, path]) => path as string);
  expect(links.length).toBeGreaterThan(1);
  for (const path of links) expect(() => readFileSync(new URL(`../${path}`, import.meta.url))).not.toThrow();
});
