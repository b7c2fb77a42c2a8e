import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isJsonObject, jsonDepth, parseJson } from '#contract/json';

describe('parseJson', () => {
  it.each([
    '12345678901234567890',
    '1e999',
    '0.10',
    '-0.1000000000000000055',
    '{"a":[1.50,{"b":9007199254740993}]}',
  ])('gives %s back as it came', (text) => {
    expect(JSON.stringify(parseJson(text))).toBe(text);
  });

  it('reads whole numbers as numbers, however they are written', () => {
    expect(parseJson('[1, 1.0, 1e3, -0]')).toEqual([1, 1, 1000, -0]);
  });

  it('agrees with JSON.parse on every value that JSON.stringify makes', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = JSON.stringify(value);
        expect(JSON.stringify(parseJson(text))).toBe(JSON.stringify(JSON.parse(text)));
      }),
      { numRuns: 1000 },
    );
  });

  it('refuses what is not JSON', () => {
    for (const text of ['', '{', "{'a': 1}", '{"a": 1,}', 'NaN'])
      expect(() => parseJson(text)).toThrow(SyntaxError);
  });
});

describe('isJsonObject', () => {
  it('takes objects only', () => {
    expect(isJsonObject(parseJson('{"__proto__": 1}'))).toBe(true);
    for (const text of ['[]', 'null', '"a"', '1', '1e999']) expect(isJsonObject(parseJson(text))).toBe(false);
  });
});

describe('jsonDepth', () => {
  it.each([
    ['1', 0],
    ['1e999', 0],
    ['{}', 1],
    ['[[]]', 2],
    ['{"a": [1, {"b": null}], "c": 2}', 3],
  ])('of %s is %i', (text, depth) => {
    expect(jsonDepth(parseJson(text))).toBe(depth);
  });
});
