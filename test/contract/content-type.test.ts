import fc from 'fast-check';
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { ContentType } from '#contract/content-type';
import { canonicalContentType, DeclaredContentType } from '#contract/declared-content-type';
import { declaredContentType } from '../support/arbitraries.ts';

const refused = (type: unknown) =>
  v.safeParse(DeclaredContentType, type).issues?.map(({ message }) => message);

describe('a declared content type', () => {
  it.each([
    ['a type alone', 'image/png', 'image/png'],
    ['any case', 'Image/PNG', 'image/png'],
    ['a suffix', 'application/vnd.a+json', 'application/vnd.a+json'],
    ['a parameter, whose value keeps its case', 'text/html;charset=UTF-8', 'text/html;charset=UTF-8'],
    ['a space before a parameter', 'text/plain; charset=utf-8', 'text/plain;charset=utf-8'],
    ['spaces on both sides', ' text/plain ; charset=utf-8 ', 'text/plain;charset=utf-8'],
    ['a comma, as MediaRecorder has it', 'video/webm;codecs=vp8,opus', 'video/webm;codecs="vp8,opus"'],
    ['a quoted parameter', 'video/mp4; codecs="avc1.4D401E, mp4a"', 'video/mp4;codecs="avc1.4D401E, mp4a"'],
    ['quotes that need not be', 'text/plain;charset="utf-8"', 'text/plain;charset=utf-8'],
    ['a quote within quotes', 'a/b;c="\\"\\\\"', 'a/b;c="\\"\\\\"'],
    ['a parameter of nothing', 'a/b;c=""', 'a/b;c=""'],
    ['an extended parameter', "a/b;name*=UTF-8''x%20y", "a/b;name*=UTF-8''x%20y"],
    ['braces', 'a/b;c={}', 'a/b;c="{}"'],
    ['a dollar sign', 'a/b;c=$x', 'a/b;c=$x'],
    ['255 characters', `a/${'b'.repeat(253)}`, `a/${'b'.repeat(253)}`],
  ])('may have %s', (_what, type, canonical) => {
    expect(v.parse(DeclaredContentType, type)).toBe(canonical);
    expect(v.parse(ContentType, canonical)).toBe(canonical);
  });

  it('counts as absent where it is empty', () => {
    expect(v.parse(DeclaredContentType, '')).toBeUndefined();
  });

  it.each([
    ['no subtype', 'image', 'is not a media type'],
    ['an empty subtype', 'image/', 'is not a media type'],
    ['a space within', 'a b/c', 'is not a media type'],
    ['spaces alone', '  ', 'is not a media type'],
    ['a line feed', 'a/b\n', 'holds other than printable ASCII'],
    ['a header', 'a/b\r\nx: y', 'holds other than printable ASCII'],
    ['what no header can hold', 'a/b;c="é"', 'holds other than printable ASCII'],
    ['a variable of S3', 'a/${filename}', 'holds "${"'],
    ['one in quotes', 'a/b; c="${filename}"', 'holds "${"'],
    ['one that is escaped', 'a/b; c="$\\{filename}"', 'holds "${"'],
    ['256 characters', `a/${'b'.repeat(254)}`, 'is over 255 characters'],
    ['256 characters in its canonical form', `a/${'b'.repeat(248)};c=,`, 'is over 255 characters'],
  ])('may not have %s', (_what, type, message) => {
    expect(refused(type)).toEqual([message]);
  });

  it('has one canonical form, which is its own', () => {
    fc.assert(
      fc.property(declaredContentType, (type) => {
        const canonical = v.parse(DeclaredContentType, type) ?? '';
        expect(v.parse(DeclaredContentType, canonical)).toBe(canonical);
        expect(v.parse(ContentType, canonical)).toBe(canonical);
        expect(canonicalContentType(type)).toBe(canonical);
      }),
      { numRuns: 1000 },
    );
  });
});

describe('a content type that is kept', () => {
  it.each([
    ['a beginning that is none', ' image/png'],
    ['a quote before it', '"a/b'],
    ['capitals', 'Image/png'],
    ['a space before a parameter', 'a/b; c=d'],
    ['braces without quotes', 'a/b;c={}'],
    ['a comma without quotes', 'a/b;c=d,e'],
    ['an open quote', 'a/b;c="d'],
    ['a quote that ends too soon', 'a/b;c="d"e"'],
    ['a backslash that escapes nothing', 'a/b;c="\\d"'],
    ['a variable of S3', 'a/b;c="${d}"'],
    ['a line feed at its end', 'a/b\n'],
    ['nothing', ''],
    ['256 characters', `a/${'b'.repeat(254)}`],
  ])('has not %s', (_what, type) => expect(v.is(ContentType, type)).toBe(false));
});
