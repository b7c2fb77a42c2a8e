import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { ERRORS, type ErrorCode } from '#contract/errors';

/** What a call answers: a status, and the code of a refusal where the table names one. */
export interface Expected {
  readonly status: number;
  readonly code?: string;
}

/** The table of states in `docs/lifecycle.md`, by state and then by call: the oracle of the tests of an asset's life. */
export function readStateTable(): ReadonlyMap<string, ReadonlyMap<string, Expected>> {
  const text = readFileSync(resolve('docs/lifecycle.md'), 'utf8');
  const [, table = ''] = /<!-- states -->\n\n([\s\S]+?)\n\n<!-- \/states -->/.exec(text) ?? [];
  const [head = [], , ...rows] = table.split('\n').map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
  return new Map(
    rows.map(([state = '', ...cells]) => [
      state,
      new Map(cells.map((cell, index) => [head[index + 1] ?? '', expected(cell)])),
    ]),
  );
}

function expected(cell: string): Expected {
  const [, code] = /^`(\w+)`$/.exec(cell) ?? [];
  return code === undefined ? { status: Number(cell) } : { status: ERRORS[code as ErrorCode].status, code };
}
