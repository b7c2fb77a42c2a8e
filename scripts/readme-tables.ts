import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { DeletedAsset, RegisteredAsset } from '#contract/asset';
import { ERROR_DESCRIPTIONS } from '#contract/error-descriptions';
import { ERRORS, type ErrorCode } from '#contract/errors';
import { type Route, routeKey } from '#contract/route';
import { ROUTE_SUMMARIES } from '#contract/route-summaries';
import { ROUTES } from '#contract/routes';

/** `npm run readme:tables`: writes the README's tables of routes and errors, between their markers, from `contract/`. */
const README = fileURLToPath(new URL('../README.md', import.meta.url));

/** Answers that are an asset, whole. */
const ASSETS = new Map<object, string>([
  [RegisteredAsset, 'the asset'],
  [DeletedAsset, 'the asset, now deleted'],
]);

type Rows = readonly (readonly string[])[];

/** Writes rows as a Markdown table. The first row is its head. */
function table([head = [], ...rows]: Rows): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(head), `|${'---|'.repeat(head.length)}`, ...rows.map(line)].join('\n');
}

const code = (name: string) => `\`${name}\``;
const codes = (names: readonly string[]) => names.map(code).join(', ');

function routesTable(): string {
  const named = Object.entries<Route>(ROUTES);
  const all = named.map(([, route]) => route);
  const everywhere = sharedErrors(all);
  const withBody = sharedErrors(all.filter(({ request }) => request.body)).filter(
    (error) => !everywhere.includes(error),
  );
  const told = (route: Route) => [...everywhere, ...(route.request.body ? withBody : [])];
  const rows = named.map(([name, route]) => [
    code(routeKey(route)),
    route.scope === 'any' ? 'any' : code(route.scope),
    ROUTE_SUMMARIES[name as keyof typeof ROUTES],
    fieldsTaken(route),
    answerOf(route.response),
    codes(route.errors.filter((error) => !told(route).includes(error))),
  ]);
  return [
    table([['route', 'scope', 'does', 'takes', 'answers', 'refuses with'], ...rows]),
    `Every route may also answer ${codes(everywhere)}; every one that takes a body ${codes(withBody)}.`,
  ].join('\n\n');
}

function sharedErrors([first, ...others]: readonly Route[]): readonly ErrorCode[] {
  return (first?.errors ?? []).filter((error) => others.every(({ errors }) => errors.includes(error)));
}

function errorsTable(): string {
  const names = Object.keys(ERRORS) as ErrorCode[];
  const rows = names.map((name) => [String(ERRORS[name].status), code(name), ERROR_DESCRIPTIONS[name]]);
  return table([['status', 'code', 'when'], ...rows]);
}

/** What a route answers with; where that is one of several, each of them. */
function answerOf(response: object): string {
  if ('options' in response) return (response.options as readonly object[]).map(answerOf).join(', or ');
  return ASSETS.get(response) ?? codes(Object.keys(entriesOf(response)));
}

/** The fields of a route's query and body; those of its path are seen in the path. */
function fieldsTaken({ request }: Route): string {
  const fields = [request.query, request.body].flatMap((schema) => Object.entries(entriesOf(schema)));
  const isOptional = ([, schema]: (typeof fields)[number]) => schema.type === 'optional';
  const required = fields.filter((field) => !isOptional(field)).map(([name]) => name);
  const optional = fields.filter(isOptional).map(([name]) => name);
  return [codes(required), optional.length > 0 ? `optional ${codes(optional)}` : '']
    .filter((part) => part !== '')
    .join('; ');
}

/** @throws Error for a schema that is no object's: a table of fields cannot tell of it */
function entriesOf(schema: object | undefined): Readonly<Record<string, { readonly type: string }>> {
  if (schema === undefined) return {};
  if ('entries' in schema) return schema.entries as ReturnType<typeof entriesOf>;
  throw new Error('The README can only tell the fields of an object');
}

/**
 * The README with its tables as `contract/` has them now.
 *
 * @throws Error where a table's markers, `<!-- name -->` and `<!-- /name -->`, are not there
 */
export function withTables(readme: string): string {
  const tables = { routes: routesTable(), errors: errorsTable() };
  return Object.entries(tables).reduce((text, [name, content]) => {
    const [start, end] = [`<!-- ${name} -->\n\n`, `\n\n<!-- /${name} -->`];
    const [before, rest] = text.split(start);
    const after = rest?.split(end)[1];
    if (after === undefined) throw new Error(`README.md has no markers of the table of ${name}`);
    return `${before}${start}${content}${end}${after}`;
  }, readme);
}

if (import.meta.main) writeFileSync(README, withTables(readFileSync(README, 'utf8')));
