import { readFileSync } from 'node:fs';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';

interface Content {
  readonly [type: string]: {
    readonly schema: object;
    readonly examples?: Readonly<Record<string, { value: unknown }>>;
  };
}

export interface Operation {
  readonly operationId: string;
  readonly parameters: readonly { readonly name: string; readonly in: string; readonly schema: object }[];
  readonly requestBody?: { readonly content: Content };
  readonly responses: Readonly<Record<string, { readonly content: Content }>>;
}

interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
}

const FILE = new URL('../../docs/openapi.json', import.meta.url);

/** `docs/openapi.json`, by which exchanges are checked. */
export const document: Document = JSON.parse(readFileSync(FILE, 'utf8'));

// Keywords of OpenAPI beside those of JSON Schema; formats are the service's to check.
const ajv = new Ajv2020({ strict: false, validateFormats: false });
ajv.addSchema(document, 'openapi.json');

const validators = new Map<string, ValidateFunction>();

/** Throws if the value does not fit the schema at this place of the document. */
export function expectFits(value: unknown, place: readonly string[]): void {
  const pointer = place
    .map((name) => encodeURIComponent(name.replaceAll('~', '~0').replaceAll('/', '~1')))
    .join('/');
  const validate = validators.get(pointer) ?? ajv.compile({ $ref: `openapi.json#/${pointer}` });
  validators.set(pointer, validate);
  if (!validate(value))
    throw new Error(`not as /${place.join('/')} says: ${ajv.errorsText(validate.errors)}`);
}

const PATTERNS = Object.keys(document.paths).map(
  (path) => [path, new RegExp(`^${path.replaceAll(/\{\w+\}/g, '[^/]+')}$`)] as const,
);

/**
 * Checks what was asked and answered against the document.
 *
 * @param body what was sent, parsed
 * @throws Error for an answer that the document does not have, or a request that succeeded and that the document does not take
 */
export function expectDocumented(
  method: string,
  target: string,
  body: unknown,
  answer: { readonly status: number; readonly type: string; readonly body: unknown },
): void {
  const [path = ''] = target.split('?');
  // Of two that fit, the gateway takes the one without a parameter.
  const [[route] = ['']] = PATTERNS.filter(([, pattern]) => pattern.test(path)).sort(
    ([a], [b]) => a.indexOf('{') - b.indexOf('{'),
  );
  const operation = document.paths[route]?.[method.toLowerCase()];
  // The gateway's own 404 for a route that is not there.
  if (operation === undefined) return;
  const at = ['paths', route, method.toLowerCase()];
  const { status, type } = answer;
  if (operation.responses[status]?.content[type] === undefined)
    throw new Error(`${method} ${route} answers ${status} ${type}, which docs/openapi.json does not have`);
  expectFits(answer.body, [...at, 'responses', String(status), 'content', type, 'schema']);
  const taken = path.startsWith('/nexus/raw/batch/') ? itemsTaken(body, answer.body) : body;
  if (status === 200 && operation.requestBody !== undefined && taken !== undefined)
    expectFits(taken, [...at, 'requestBody', 'content', 'application/json', 'schema']);
}

/** Of a batch, the items that were not refused: each is a request by itself. Undefined where there is none. */
function itemsTaken(body: unknown, answered: unknown): unknown {
  const { items: outcomes = [] } = answered as { items?: { status: number }[] };
  const { items } = body as { items: unknown[] };
  const taken = outcomes.flatMap(({ status }, index) => (status === 200 ? [items[index]] : []));
  return taken.length > 0 ? { ...(body as object), items: taken } : undefined;
}
