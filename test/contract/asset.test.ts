import fc from 'fast-check';
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { ContentType } from '#contract/asset';
import { parseJson } from '#contract/json';
import { PresignRequest, RegisterRequest } from '#contract/uploads';
import { contentTypeOf } from '#core/uploads/content-type';

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
    ['a size past what a double holds', { filename: 'a', size_bytes: 2 ** 53 }, 'size_bytes'],
    ['a short digest', { filename: 'a', sha256: 'ab' }, 'sha256'],
    ['an id that is no UUID', { filename: 'a', asset_id: '../x' }, 'asset_id'],
    ['an unknown field', { filename: 'a', tenant_id: 't_other' }, 'tenant_id'],
    ['null for a field', { filename: 'a', content_type: null }, 'content_type'],
  ])('refuses %s', (_what, request, path) => {
    expect(pathsRefused(PresignRequest, request)).toEqual([path]);
  });

  it('refuses what is not an object', () => {
    for (const body of [null, [], 'a', 1]) expect(v.is(PresignRequest, body)).toBe(false);
  });
});

describe('ContentType', () => {
  it.each(['image/png', 'text/plain; charset=utf-8', 'application/vnd.a+json', 'text/html;charset=UTF-8'])(
    'takes %s',
    (type) => expect(v.parse(ContentType, type)).toBe(type),
  );

  it.each([
    '',
    'image',
    'image/',
    'a/b\n',
    'a/b\r\nx: y',
    'a/${filename}',
    'a/b; c="${filename}"',
    `a/${'b'.repeat(254)}`,
  ])('refuses %j', (type) => expect(v.is(ContentType, type)).toBe(false));
});

describe('contentTypeOf', () => {
  it.each([
    ['a.PNG', 'image/png'],
    ['a.tar.gz', 'application/gzip'],
    ['png', 'application/octet-stream'],
    ['a.', 'application/octet-stream'],
    ['a.unknown', 'application/octet-stream'],
    ['a.constructor', 'application/octet-stream'],
    ['a.__proto__', 'application/octet-stream'],
  ])('of %s is %s', (filename, type) => {
    expect(contentTypeOf(filename)).toBe(type);
  });

  it('is always a content type', () => {
    fc.assert(fc.property(fc.string(), (name) => v.is(ContentType, contentTypeOf(name))));
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

  it('comes out as it went in', () => {
    const metadata = parseJson('{"__proto__": {"constructor": 1}, "n": 12345678901234567890}');
    const { metadata: kept } = v.parse(RegisterRequest, { asset_id, metadata });
    expect(JSON.stringify(kept)).toBe('{"__proto__":{"constructor":1},"n":12345678901234567890}');
  });
});
