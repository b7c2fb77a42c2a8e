import { ERROR_DESCRIPTIONS } from '#contract/error-descriptions';
import { ERRORS, type ErrorCode } from '#contract/errors';
import type { Route } from '#contract/route';
import type { JsonSchema } from '../breaking-changes.ts';
import { EXAMPLE_PROBLEM } from './examples.ts';

export const ref = (name: string) => ({ $ref: `#/components/schemas/${name}` });

/** RFC 9457, as JSON Schema. */
export const PROBLEM: JsonSchema = {
  type: 'object',
  properties: {
    type: { type: 'string', format: 'uri' },
    title: { type: 'string' },
    status: { type: 'integer' },
    detail: { type: 'string' },
    code: { type: 'string', enum: Object.keys(ERRORS) },
    request_id: { type: 'string' },
    errors: {
      type: 'array',
      items: {
        type: 'object',
        properties: { path: { type: 'string' }, message: { type: 'string' } },
        required: ['path', 'message'],
      },
    },
  },
  required: ['type', 'title', 'status', 'detail', 'code', 'request_id'],
};

/** What the gateway answers by itself, before any function is asked. */
const GATEWAY_ANSWERS = {
  '401': 'The token is missing.',
  '403': 'The token is refused: a client gets a fresh one.',
  '404': 'There is no such route.',
  '429': 'The calls are too many: try again later.',
  '500': "The issuer's keys cannot be had, or the function crashed.",
  '503': 'No answer came within 30 seconds.',
};

export const GATEWAY_MESSAGE: JsonSchema = {
  type: 'object',
  properties: { message: { type: 'string' } },
  required: ['message'],
};

/** By status: what the functions refuse, and what the gateway does by itself. */
export function refusals({ errors }: Route): Record<string, object> {
  const byStatus = Map.groupBy(errors, (code) => String(ERRORS[code].status));
  const statuses = new Set([...byStatus.keys(), ...Object.keys(GATEWAY_ANSWERS)]);
  return Object.fromEntries(
    [...statuses].sort().map((status) => {
      const codes = byStatus.get(status) ?? [];
      const gateway = GATEWAY_ANSWERS[status as keyof typeof GATEWAY_ANSWERS];
      const told = codes.map((code) => `\`${code}\`: ${ERROR_DESCRIPTIONS[code]}.`);
      return [
        status,
        {
          description: [...told, ...(gateway ? [`The gateway by itself: ${gateway}`] : [])].join('\n\n'),
          ...(Number(status) === 503 && {
            headers: { 'Retry-After': { description: 'Seconds.', schema: { type: 'integer' } } },
          }),
          content: {
            ...(codes.length > 0 && { 'application/problem+json': problemOf(codes) }),
            ...(gateway && { 'application/json': { schema: ref('GatewayMessage') } }),
          },
        },
      ];
    }),
  );
}

function problemOf(codes: readonly ErrorCode[]): object {
  const examples = codes.map((code) => {
    const { status, title } = ERRORS[code];
    const type = `urn:nexus:raw-storage:problem:${code}`;
    return [code, { value: { ...EXAMPLE_PROBLEM, type, title, status, detail: title, code } }];
  });
  return {
    schema: { allOf: [ref('Problem'), { properties: { code: { enum: codes } } }] },
    examples: Object.fromEntries(examples),
  };
}
