import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseSync } from 'rolldown/utils';

/** What one file takes from another, or from a package. */
export interface Import {
  readonly from: string;
  /** A file's path in this repository, or a package's name; a module of Node.js keeps its `node:`. */
  readonly to: string;
  /** Whether only types are taken, of which nothing is left at run time. */
  readonly isType: boolean;
}

/** The imports and re-exports of TypeScript files, whose paths begin at the repository's root. */
export function importsOf(files: readonly string[]): Import[] {
  return files.flatMap((from) => specifiersIn(from).map((it) => ({ ...it, from, to: resolve(from, it.to) })));
}

function specifiersIn(file: string): { to: string; isType: boolean }[] {
  const source = readFileSync(file, 'utf8');
  const { errors, module } = parseSync(file, source);
  if (errors[0] !== undefined) throw new Error(`${file}: ${errors[0].message}`);
  const found: { to: string; isType: boolean }[] = [];
  for (const { moduleRequest, entries } of module.staticImports)
    found.push({
      to: moduleRequest.value,
      isType: entries.length > 0 && entries.every(({ isType }) => isType),
    });
  for (const { moduleRequest, isType } of module.staticExports.flatMap(({ entries }) => entries))
    if (moduleRequest !== null) found.push({ to: moduleRequest.value, isType });
  // Of a dynamic import only the place is told. An expression names no file that could be checked.
  for (const { moduleRequest } of module.dynamicImports) {
    const [, to] = /^'(.+)'$/.exec(source.slice(moduleRequest.start, moduleRequest.end)) ?? [];
    if (to !== undefined) found.push({ to, isType: false });
  }
  return found;
}

/** A path, or one for Node.js and another for browsers. */
type Subpath = string | { readonly default: string };

const { imports: SUBPATHS }: { imports: Record<string, Subpath> } = JSON.parse(
  readFileSync(new URL('../../package.json', import.meta.url), 'utf8'),
);

function resolve(from: string, specifier: string): string {
  if (specifier.startsWith('.')) return join(dirname(from), specifier);
  if (specifier.startsWith('#')) {
    for (const [subpath, target] of Object.entries(SUBPATHS)) {
      const path = typeof target === 'string' ? target : target.default;
      const [prefix = '', suffix] = subpath.split('*');
      if (specifier === subpath) return join(path);
      if (suffix === undefined || !specifier.startsWith(prefix)) continue;
      return join(path.replace('*', specifier.slice(prefix.length)));
    }
    throw new Error(`${from}: package.json has no import ${specifier}`);
  }
  if (specifier.startsWith('node:')) return specifier;
  return specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/');
}

/** A way along arrows that ends where it begins, as the names on it; undefined where there is none. */
export function findCircle(arrows: Iterable<readonly [from: string, to: string]>): string[] | undefined {
  const next = new Map<string, Set<string>>();
  for (const [from, to] of arrows) next.set(from, (next.get(from) ?? new Set()).add(to));
  const done = new Set<string>();
  const visit = (name: string, way: readonly string[]): string[] | undefined => {
    if (way.includes(name)) return [...way.slice(way.indexOf(name)), name];
    if (done.has(name)) return undefined;
    for (const to of next.get(name) ?? []) {
      const circle = visit(to, [...way, name]);
      if (circle !== undefined) return circle;
    }
    done.add(name);
    return undefined;
  };
  for (const name of next.keys()) {
    const circle = visit(name, []);
    if (circle !== undefined) return circle;
  }
  return undefined;
}
