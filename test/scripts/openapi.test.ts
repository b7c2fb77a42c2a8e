import fc from 'fast-check';
import * as v from 'valibot';
import { expect, test } from 'vitest';
import type { Route } from '#contract/route';
import { ROUTES } from '#contract/routes';
import { openApiDocument } from '../../scripts/openapi/document.ts';
import { wireSchema } from '../../scripts/openapi/wire-schemas.ts';
import { document, expectDocumented, expectFits, type Operation } from '../support/openapi.ts';

const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]): [string, string, string, Operation] => [
    operation.operationId,
    path,
    method,
    operation,
  ]),
);

test('docs/openapi.json is what `npm run openapi` makes of the contract', () => {
  expect(document).toEqual(JSON.parse(JSON.stringify(openApiDocument())));
  expect(operations.map(([name]) => name).sort()).toEqual(Object.keys(ROUTES).sort());
});

test.each(operations)(
  'the examples of %s fit its schemas, and the service’s',
  (name, path, method, operation) => {
    const route: Route = ROUTES[name as keyof typeof ROUTES];
    const at = ['paths', path, method];
    const examples = (place: readonly string[], content: Operation['responses'][string]['content']) =>
      Object.entries(content).flatMap(([type, { examples = {} }]) => {
        const values = Object.values(examples).map(({ value }) => value);
        for (const value of values) expectFits(value, [...at, ...place, 'content', type, 'schema']);
        return values;
      });
    const asked = examples(['requestBody'], operation.requestBody?.content ?? {});
    for (const value of asked) v.assert(route.request.body as v.GenericSchema, value);
    expect(asked).toHaveLength(route.request.body ? 1 : 0);
    for (const [status, { content }] of Object.entries(operation.responses)) {
      const answered = examples(['responses', status], content);
      if (status === '200') for (const value of answered) v.assert(route.response, value);
    }
  },
);

/** By field: what the service takes, and what it refuses. */
const VALUES: Readonly<Record<string, readonly [good: readonly unknown[], bad: readonly unknown[]]>> = {
  filename: [
    ['a.txt', 'ä'],
    ['', 'a/b', 'a\\b', 5],
  ],
  content_type: [
    ['text/plain', ''],
    ['a'.repeat(256), null],
  ],
  size_bytes: [
    [0, 12, 2 ** 53 - 1],
    [2 ** 53, -1, 1.5, '1'],
  ],
  sha256: [
    ['ab'.repeat(32), 'AB'.repeat(32)],
    ['ab', 7],
  ],
  register: [['explicit', 'on_upload'], ['later']],
  metadata: [
    [{}, { a: [1] }],
    [[], 'text', null],
  ],
  asset_id: [['8b0f8d3e-6f5b-4c1e-9a57-2f1d0c9b7a61', '8B0F8D3E-6F5B-4C1E-9A57-2F1D0C9B7A61'], [7]],
};

test.each(['presignUpload', 'register'] as const)(
  'what %s takes, its wire schema takes; what that refuses, the service does',
  (name) => {
    const { body } = ROUTES[name].request;
    const path = ROUTES[name].path;
    const at = ['paths', path, 'post', 'requestBody', 'content', 'application/json', 'schema'];
    const request = fc.record(
      Object.fromEntries(
        Object.keys(body.entries).map((field) => {
          const [good, bad] = VALUES[field] ?? [[], []];
          const rarely = { weight: 1, arbitrary: fc.constantFrom(...bad) };
          return [field, fc.oneof({ weight: 9, arbitrary: fc.constantFrom(...good) }, rarely)];
        }),
      ),
      { requiredKeys: [] },
    );
    const seen = { taken: 0, refused: 0 };
    fc.assert(
      fc.property(fc.oneof(request, fc.constantFrom([], 'text', null)), (value) => {
        const taken = v.is(body, value);
        seen[taken ? 'taken' : 'refused'] += 1;
        if (taken) expectFits(value, at);
      }),
      { numRuns: 1000 },
    );
    expect(Math.min(seen.taken, seen.refused)).toBeGreaterThan(100);
    for (const wrong of [{}, { surplus: 1 }, [], { filename: 5, asset_id: 7 }, { sha256: 'ab' }])
      expect(() => expectFits(wrong, at)).toThrow();
  },
);

test('a schema that checks by code has a wire schema, or the document is not made', () => {
  expect(() =>
    wireSchema(
      v.pipe(
        v.string(),
        v.check(() => true),
      ),
    ),
  ).toThrow('A schema with the action check has no wire schema');
});

test('an exchange that is not documented is told', () => {
  const asked =
    (status: number, body: unknown, type = 'application/json') =>
    () =>
      expectDocumented('GET', '/nexus/whoami', undefined, { status, type, body });
  expect(asked(200, { tenant_id: 't_demo' })).toThrow("must have required property 'env'");
  expect(asked(409, {})).toThrow('answers 409');
  expect(asked(403, { message: 'Forbidden' })).not.toThrow();
});
