import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { ContentType } from '#contract/content-type';
import { canonicalContentType } from '#contract/declared-content-type';
import { contentTypeOf } from '#core/uploads/content-type';
import { EXTENSIONS } from '#core/uploads/extensions';
import { extensionsSource } from '../../../../scripts/content-types.ts';

describe('the type of a file by its extension', () => {
  it.each([
    ['a.PNG', 'image/png'],
    ['a.tar.gz', 'application/gzip'],
    ['a.tgz', 'application/gzip'],
    ['letter.docx', 'application/vnd.openxmlformats-officedocument.wordprocessingml.document'],
    ['sheet.xlsx', 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet'],
    ['film.mkv', 'video/x-matroska'],
    ['film.mp4', 'video/mp4'],
    ['film.m2ts', 'video/mp2t'],
    ['table.parquet', 'application/vnd.apache.parquet'],
    ['lines.jsonl', 'application/jsonl'],
    ['lines.ndjson', 'application/x-ndjson'],
    ['rows.avro', 'application/avro'],
    ['rows.csv', 'text/csv'],
    ['dump.sql.zst', 'application/zstd'],
    ['main.ts', 'application/octet-stream'],
    ['main.mts', 'application/octet-stream'],
    ['main.js', 'text/javascript'],
    ['notes.md', 'text/markdown'],
    ['slides.pptx', 'application/vnd.openxmlformats-officedocument.presentationml.presentation'],
    ['text.odt', 'application/vnd.oasis.opendocument.text'],
    ['places.kmz', 'application/vnd.google-earth.kmz'],
    ['plan.dwg', 'image/vnd.dwg'],
    ['png', 'application/octet-stream'],
    ['a.', 'application/octet-stream'],
    ['', 'application/octet-stream'],
    ['a.unknown', 'application/octet-stream'],
    ['a.constructor', 'application/octet-stream'],
    ['a.__proto__', 'application/octet-stream'],
  ])('of %s is %s', (filename, type) => {
    expect(contentTypeOf(filename)).toBe(type);
  });

  it('is always a content type in its canonical form', () => {
    const extensions = EXTENSIONS.trim().split(/\s/);
    const names = fc.oneof(
      fc.string(),
      fc.constantFrom(...extensions).map((extension) => `a.${extension}`),
    );
    fc.assert(
      fc.property(names, (name) => {
        const type = contentTypeOf(name);
        expect(v.parse(ContentType, type)).toBe(canonicalContentType(type));
      }),
      { numRuns: 2000 },
    );
  });

  it('is by the table that `npm run content-types` makes', () => {
    const file = new URL('../../../../lambdas/core/uploads/extensions.ts', import.meta.url);
    expect(readFileSync(file, 'utf8')).toBe(extensionsSource());
  });
});
