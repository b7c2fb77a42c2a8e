import fc from 'fast-check';
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { Filename } from '#contract/filename';

const refused = (name: unknown) => v.safeParse(Filename, name).issues?.map((issue) => issue.message);

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
    ['an isolate', 'a\u2066b', 'holds a bidirectional override'],
    ['a lone high surrogate', 'a\uD800', 'holds a lone surrogate'],
    ['a lone low surrogate', '\uDC00a', 'holds a lone surrogate'],
    ['a variable of S3', 'a${filename}', 'holds "${"'],
    ['256 bytes', 'é'.repeat(128), 'is over 255 bytes of UTF-8'],
  ])('refuses %s', (_what, name, message) => {
    expect(refused(name)).toEqual([message]);
  });

  it('refuses what is not a string', () => {
    for (const name of [undefined, null, 1, [], {}]) expect(refused(name)).toHaveLength(1);
  });

  it.each([
    ['spaces and signs', ' a + b % "c" \'d\' & <e>.txt'],
    ['255 bytes', `${'é'.repeat(127)}x`],
    ['dots within', '..a..'],
    ['a dollar sign', 'a$b{c}'],
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
