import fc from 'fast-check';
import * as v from 'valibot';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { Filename } from '#contract/filename';

const refused = (name: unknown) => v.safeParse(Filename, name).issues?.map((issue) => issue.message);

afterEach(() => vi.restoreAllMocks());

describe('Filename', () => {
  it.each([
    ['empty', '', 'is empty'],
    ['a slash', 'a/b.txt', 'holds a path separator'],
    ['a backslash', 'a\\b.txt', 'holds a path separator'],
    ['one dot', '.', 'is a relative path'],
    ['two dots', '..', 'is a relative path'],
    ['a line feed', 'a\nb', 'holds a control character'],
    ['NUL', 'a\0', 'holds a control character'],
    ['delete', 'a\x7f', 'holds a control character'],
    ['a C1 control', 'a\u0085', 'holds a control character'],
    ['a right-to-left override', 'gpj.\u202Eexe', 'holds a bidirectional override'],
    ['a right-to-left embedding', 'a\u202Bb', 'holds a bidirectional override'],
    ['an isolate', 'a\u2066b', 'holds a bidirectional override'],
    ['a line separator', 'a\u2028b', 'holds a line separator'],
    ['a paragraph separator', 'a\u2029b', 'holds a line separator'],
    ['a replacement character', 'caf\uFFFD.txt', 'holds U+FFFD, as text in a broken encoding does'],
    ['a noncharacter', 'a\uFDD0', 'holds a noncharacter'],
    ['a byte order mark read backwards', 'a\uFFFE', 'holds a noncharacter'],
    ['a noncharacter of another plane', 'a\u{1FFFF}', 'holds a noncharacter'],
    ['a lone high surrogate', 'a\uD800', 'holds a lone surrogate'],
    ['a lone low surrogate', '\uDC00a', 'holds a lone surrogate'],
    ['a variable of S3', 'a${filename}', 'holds "${"'],
    ['256 letters', 'a'.repeat(256), 'is over 255 characters'],
    ['256 emojis', '\u{1F4A9}'.repeat(256), 'is over 255 characters'],
    ['what is longer in its normal form', '\u0958'.repeat(128), 'is over 255 characters'],
    ['601 bytes', `${'日'.repeat(200)}a`, 'is over 600 bytes of UTF-8'],
    ['what no normal form makes short enough', 'e\u0301'.repeat(511), 'is over 255 characters'],
  ])('refuses %s', (_what, name, message) => {
    expect(refused(name)).toEqual([message]);
  });

  it('refuses what is not a string', () => {
    for (const name of [undefined, null, 1, [], {}]) expect(refused(name)).toHaveLength(1);
  });

  it.each([
    ['spaces and signs', ' a + b % "c" \'d\' & <e>.txt'],
    ['255 letters', 'a'.repeat(255)],
    ['600 bytes', '日'.repeat(200)],
    ['128 letters of Cyrillic', 'я'.repeat(128)],
    ['90 Chinese characters', '文'.repeat(90)],
    ['dots within', '..a..'],
    ['a dollar sign', 'a$b{c}'],
    ['dollar signs', 'a$$b.csv'],
    ['a draft of an office program', '~$draft.docx'],
    ['Arabic with its marks', 'ملف\u200F.txt'],
    ['an emoji of several code points', '👩‍👩‍👧.png'],
  ])('keeps %s', (_what, name) => {
    expect(v.parse(Filename, name)).toBe(name);
  });

  it('stores the normal form C', () => {
    expect(v.parse(Filename, 'cafe\u0301.txt')).toBe('caf\u00e9.txt');
  });

  it('measures the normal form', () => {
    expect(v.parse(Filename, 'e\u0301'.repeat(100))).toBe('\u00e9'.repeat(100));
    // Four code points a letter, the most that a letter is decomposed into.
    expect(v.parse(Filename, '\u1F82'.repeat(200).normalize('NFD'))).toBe('\u1F82'.repeat(200));
  });

  it('normalises nothing that is too long to be a name, since that takes quadratic time', () => {
    const normalize = vi.spyOn(String.prototype, 'normalize');
    const lengths = () => normalize.mock.contexts.map((context) => String(context).length);
    expect(refused(`a${'\u0315\u0300'.repeat(100_000)}`)).toEqual(['is over 255 characters']);
    expect(refused('\u0300'.repeat(1020))).toEqual(['is over 255 characters']);
    expect(lengths()).toEqual([1020]);
  });

  it('never changes anything but the normal form, and lets no separator through', () => {
    const names = fc.string({ unit: 'binary', maxLength: 80 });
    fc.assert(
      fc.property(names, (name) => {
        const result = v.safeParse(Filename, name);
        if (!result.success) return;
        expect(result.output).toBe(name.normalize('NFC'));
        expect(result.output).not.toMatch(/[/\\\p{Cc}]/u);
        expect(v.parse(Filename, result.output)).toBe(result.output);
      }),
      { numRuns: 1000 },
    );
  });
});
