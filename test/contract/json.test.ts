import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isDeeperThan, isJsonObject, isSameJson, numberText, parseJson } from '#contract/json';

describe('parseJson', () => {
  it.each([
    '12345678901234567890',
    '1e999',
    '0.10',
    '1.0',
    '-0.0',
    '-0',
    '1e3',
    '0.99999999999999999999',
    '-0.1000000000000000055',
    '{"a":[1.50,{"b":9007199254740993}]}',
  ])('gives %s back as it came', (text) => {
    expect(JSON.stringify(parseJson(text))).toBe(text);
  });

  it('reads numbers as numbers where JavaScript writes them alike', () => {
    expect(parseJson('[1, -1.5, 1e+21, 9007199254740991]')).toEqual([1, -1.5, 1e21, 9007199254740991]);
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

describe('isDeeperThan', () => {
  it.each([
    ['1', 0],
    ['1e999', 0],
    ['{}', 1],
    ['[[]]', 2],
    ['{"a": [1, {"b": null}], "c": 2}', 3],
  ])('tells that %s is %i levels deep', (text, depth) => {
    const value = parseJson(text);
    expect([isDeeperThan(depth, value), depth > 0 && !isDeeperThan(depth - 1, value)]).toEqual([
      false,
      false,
    ]);
  });

  it('looks no deeper than it must', () => {
    let value: unknown = 1;
    for (let level = 0; level < 1e6; level++) value = [value];
    expect(isDeeperThan(8, value)).toBe(true);
  });
});

describe('numberText', () => {
  it('is the text of a number as it was written, and of nothing else', () => {
    expect(['1', '12.50', '1e999', '"1"', '[1]', 'null'].map((text) => numberText(parseJson(text)))).toEqual([
      '1',
      '12.50',
      '1e999',
      undefined,
      undefined,
      undefined,
    ]);
  });
});

describe('the same JSON', () => {
  const same = (one: string, other: string) => isSameJson(parseJson(one), parseJson(other));

  it.each([
    ['{"a":1,"b":2}', '{"b":2,"a":1}'],
    ['{"a":-0.0}', '{"a":-0.0}'],
    ['-0.0', '0'],
    ['1.0', '1'],
    ['1e3', '1000.00'],
    ['12345678901234567890', '1234567890123456789e1'],
    ['0.1', '1E-1'],
    ['1e+999999', '10e999998'],
    ['{"__proto__":1}', '{"__proto__":1.0}'],
    ['[null,true,"a",[]]', '[null,true,"a",[]]'],
  ])('is %s and %s', (one, other) => expect([same(one, other), same(other, one)]).toEqual([true, true]));

  it.each([
    ['12345678901234567890', '12345678901234567891'],
    ['0.99999999999999999999', '1'],
    ['1', '-1'],
    ['1', '"1"'],
    ['1.0', '{"rawJSON":"1.0"}'],
    ['0', 'null'],
    ['{"a":1}', '{"a":1,"b":1}'],
    ['{"a":1}', '{"b":1}'],
    ['{"__proto__":1}', '{"a":1}'],
    ['{"toString":1}', '{}'],
    ['[1,2]', '[2,1]'],
    ['[]', '{}'],
    ['{"0":1}', '[1]'],
    ['[1,[2]]', '[1,[3]]'],
  ])('is not %s and %s', (one, other) =>
    expect([same(one, other), same(other, one)]).toEqual([false, false]),
  );

  it('is that of any value written in another order', () => {
    const backwards = (value: unknown): unknown => {
      if (typeof value !== 'object' || value === null) return value;
      if (Array.isArray(value)) return value.map(backwards);
      return Object.fromEntries(
        Object.entries(value)
          .reverse()
          .map(([name, inner]) => [name, backwards(inner)]),
      );
    };
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const read = parseJson(JSON.stringify(value));
        return isSameJson(read, backwards(read));
      }),
    );
  });
});
