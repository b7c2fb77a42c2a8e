import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { parseJson } from '#contract/json';
import { PresignRequest, RegisterRequest } from '#contract/uploads';

const asset_id = '0e3e4b3a-8f0e-4b58-9c0a-2f4f0f6d5a11';
const sha256 = 'ab'.repeat(32);

const pathsRefused = (schema: v.GenericSchema, input: unknown) =>
  v.safeParse(schema, input).issues?.map((issue) => v.getDotPath(issue));

describe('PresignRequest', () => {
  it('keeps ids and digests in lower case', () => {
    const request = { filename: 'a', asset_id: asset_id.toUpperCase(), sha256: sha256.toUpperCase() };
    expect(v.parse(PresignRequest, request)).toEqual({ filename: 'a', asset_id, sha256 });
  });

  it.each([
    ['no filename', {}, 'filename'],
    ['a size of text', { filename: 'a', size_bytes: '1' }, 'size_bytes'],
    ['a negative size', { filename: 'a', size_bytes: -1 }, 'size_bytes'],
    ['a broken size', { filename: 'a', size_bytes: 1.5 }, 'size_bytes'],
    ['a broken size by one zero', parseJson('{"filename":"a","size_bytes":12.50}'), 'size_bytes'],
    ['a size past what a double holds', { filename: 'a', size_bytes: 2 ** 53 }, 'size_bytes'],
    ['a short digest', { filename: 'a', sha256: 'ab' }, 'sha256'],
    ['an id that is no UUID', { filename: 'a', asset_id: '../x' }, 'asset_id'],
    ['an unknown field', { filename: 'a', tenant_id: 't_other' }, 'tenant_id'],
    ['null for a field', { filename: 'a', content_type: null }, 'content_type'],
  ])('refuses %s', (_what, request, path) => {
    expect(pathsRefused(PresignRequest, request)).toEqual([path]);
  });

  it('takes a whole size, however it is written', () => {
    for (const text of ['12', '12.0', '1.2e1', '1200e-2'])
      expect(v.parse(PresignRequest, parseJson(`{"filename":"a","size_bytes":${text}}`)).size_bytes).toBe(12);
  });

  it('keeps a content type in its canonical form, and an empty one not at all', () => {
    const kept = (content_type: string) =>
      v.parse(PresignRequest, { filename: 'a', content_type }).content_type;
    expect([kept('Text/CSV; header=present'), kept('')]).toEqual(['text/csv;header=present', undefined]);
    const claimed = v.parse(RegisterRequest, { asset_id, content_type: 'Text/CSV' });
    expect(claimed.content_type).toBe('text/csv');
  });

  it('refuses what is not an object', () => {
    for (const body of [null, [], 'a', 1]) expect(v.is(PresignRequest, body)).toBe(false);
  });
});

describe('RegisterRequest metadata', () => {
  const nested = (levels: number) => parseJson(`${'{"a":'.repeat(levels - 1)}{}${'}'.repeat(levels - 1)}`);
  const accepts = (metadata: unknown) => v.is(RegisterRequest, { asset_id, metadata });

  it('is an object', () => {
    for (const metadata of [null, [], 'a', 1]) expect(accepts(metadata)).toBe(false);
    expect(accepts({})).toBe(true);
  });

  it('is at most 8 levels deep', () => {
    expect([accepts(nested(8)), accepts(nested(9))]).toEqual([true, false]);
  });

  it('is at most 16 KiB as UTF-8 JSON', () => {
    const sized = (bytes: number) => ({ a: 'é'.repeat((bytes - 8) / 2) });
    expect([accepts(sized(16384)), accepts(sized(16386))]).toEqual([true, false]);
  });

  it('is measured only where it is no deeper', () => {
    let metadata: unknown = {};
    for (let level = 0; level < 1e5; level++) metadata = { metadata };
    expect(accepts(metadata)).toBe(false);
  });

  it('comes out as it went in', () => {
    const metadata = parseJson('{"__proto__": {"constructor": 1}, "n": 12345678901234567890}');
    const { metadata: kept } = v.parse(RegisterRequest, { asset_id, metadata });
    expect(JSON.stringify(kept)).toBe('{"__proto__":{"constructor":1},"n":12345678901234567890}');
  });

  it.each([
    ['a price', '1.0'],
    ['more digits than a double holds', '0.99999999999999999999'],
    ['a negative zero', '-0.0'],
    ['nothing, in an exponent', '0e-999'],
    ['the largest of unsigned 64 bits', '18446744073709551615'],
    ['the least of signed 64 bits', '-9223372036854775808'],
    ['the largest double', '1.7976931348623157e308'],
    ['the least double', '5e-324'],
    ['40 characters', `0.${'1'.repeat(38)}`],
  ])('takes a number that is %s', (_what, text) => {
    const { metadata } = v.parse(RegisterRequest, { asset_id, metadata: parseJson(`{"n":[${text}]}`) });
    expect(JSON.stringify(metadata)).toBe(`{"n":[${text}]}`);
  });

  it.each([
    [
      'past unsigned 64 bits',
      '18446744073709551616',
      'holds an integer beyond 64 bits: 18446744073709551616',
    ],
    ['below signed 64 bits', '-9223372036854775809', 'holds an integer beyond 64 bits: -9223372036854775809'],
    ['infinite as a double', '1e309', "holds a number beyond a double's range: 1e309"],
    ['nothing as a double', '0.1e-400', "holds a number beyond a double's range: 0.1e-400"],
    ['of 41 characters', `0.${'1'.repeat(39)}`, 'holds a number of over 40 characters'],
    ['of 5,000 digits', '1'.repeat(5000), 'holds a number of over 40 characters'],
  ])('refuses a number that is %s', (_what, text, message) => {
    const { issues } = v.safeParse(RegisterRequest, {
      asset_id,
      metadata: parseJson(`{"n":[{"m":${text}}]}`),
    });
    expect(issues?.map((issue) => [v.getDotPath(issue), issue.message])).toEqual([['metadata', message]]);
  });
});
