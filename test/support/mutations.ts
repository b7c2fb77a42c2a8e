import fc from 'fast-check';

/** Values that a field may come to hold by mistake; no UUID in capitals, which is read though it is never written. */
const values = fc.oneof(
  fc.jsonValue({ maxDepth: 1 }),
  fc.constantFrom(
    '',
    '.',
    '..',
    'a/b',
    'a\u0000b',
    '${x}',
    '1.1',
    '2.0',
    's3://x',
    'text/plain',
    'T_x',
    -1,
    1.5,
    2 ** 53,
  ),
);

/** Copies of a JSON object in which one field, at the top or in an object at the top, is gone, new or another value. */
export function mutations(original: object): fc.Arbitrary<Record<string, unknown>> {
  const paths = Object.entries(original).flatMap(([name, value]) => [
    [name],
    ...(typeof value === 'object' ? Object.keys(value).map((inner) => [name, inner]) : []),
  ]);
  const path = fc.constantFrom(...paths, ['added'], ['asset', 'added']);
  return fc.tuple(path, fc.option(values, { nil: undefined })).map(([[name = '', inner], value]) => {
    const copy = structuredClone(original) as Record<string, Record<string, unknown>>;
    if (inner === undefined) Object.assign(copy, { [name]: value });
    else Object.assign(copy[name] ?? {}, { [inner]: value });
    return JSON.parse(JSON.stringify(copy));
  });
}
