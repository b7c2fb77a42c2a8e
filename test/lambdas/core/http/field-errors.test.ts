import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { parseJson } from '#contract/json';
import { PresignRequest, RegisterRequest } from '#contract/uploads';
import { toFieldErrors } from '#core/http/field-errors';

function errorsOf(schema: v.GenericSchema, text: string) {
  const input = parseJson(text);
  return toFieldErrors(v.safeParse(schema, input).issues ?? [], input);
}

const messageOf = (field: string, json: string) =>
  errorsOf(PresignRequest, `{"filename":"a","${field}":${json}}`).find(({ path }) => path === field)?.message;

describe('what is wrong with a field', () => {
  it.each([
    ['size_bytes', '12.50', 'is not a whole number below 2^53: received 12.50'],
    ['size_bytes', '9007199254740993', 'is not a whole number below 2^53: received 9007199254740993'],
    ['size_bytes', '-1', 'is negative: received -1'],
    ['size_bytes', '"12"', 'is "12", not a number'],
    ['size_bytes', 'null', 'is null, not a number'],
    ['sha256', '1.0', 'is 1.0, not a string'],
    ['sha256', '"abc"', 'is not 64 hex digits: received "abc"'],
    ['asset_id', '["a"]', 'is a list, not a string'],
    ['asset_id', '{}', 'is an object, not a string'],
    ['filename', 'true', 'is true, not a string'],
    ['filename', '"a\\u0000b"', 'holds a control character: received "a\\u0000b"'],
    ['content_type', '"text"', 'is not a media type: received "text"'],
  ])('%s: %s', (field, json, message) => {
    expect(messageOf(field, json)).toBe(message);
  });

  it('is told of metadata without the metadata', () => {
    const errors = errorsOf(
      RegisterRequest,
      '{"asset_id":"0e3e4b3a-8f0e-4b58-9c0a-2f4f0f6d5a11","metadata":[1]}',
    );
    expect(errors).toEqual([{ path: 'metadata', message: 'is not a JSON object' }]);
  });

  it('is one of the values that there are', () => {
    const schema = v.object({ status: v.picklist(['registered', 'deleted']) });
    const message = 'is "gone", not "registered" | "deleted"';
    expect(errorsOf(schema, '{"status":"gone"}')).toEqual([{ path: 'status', message }]);
  });

  it.each([
    ['a name', `{"filename":"a","${'n'.repeat(1e5)}":1}`],
    ['a text', `{"filename":"${'\\ud83d\\udca9'.repeat(1e4)}"}`],
    ['a number', `{"filename":${'1'.repeat(1e5)}}`],
  ])('echoes little of %s, however long it is', (_what, json) => {
    const text = JSON.stringify(errorsOf(PresignRequest, json));
    expect(text.length).toBeLessThan(300);
    expect(text.isWellFormed()).toBe(true);
  });
});
