import type { RouteDefinition } from './definition.ts';

export interface RouteMatch {
  readonly route: RouteDefinition;
  /** The values of the route's parameters, decoded; absent where the route has none. */
  readonly pathParameters?: Readonly<Record<string, string>>;
}

/**
 * Picks the most specific route. A literal segment precedes `{name}`, and `{name}` precedes `{name+}`; a route of the
 * method precedes one of ANY; `$default` comes last. A path with a trailing slash is another path than without.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-routes.html
 *
 * @throws URIError where a parameter is not percent-encoded UTF-8.
 */
export function matchRoute(
  routes: readonly RouteDefinition[],
  method: string,
  path: string,
): RouteMatch | undefined {
  const candidates = routes.flatMap((route) => {
    if (route.routeKey === '$default') return [{ rank: '9', match: { route } }];
    const [routeMethod = '', routePath = ''] = route.routeKey.split(' ');
    if (routeMethod !== method && routeMethod !== 'ANY') return [];
    const pathParameters = parametersOf(routePath, path);
    if (pathParameters === undefined) return [];
    const named = Object.keys(pathParameters).length > 0;
    return [{ rank: rankOf(routeMethod, routePath), match: { route, ...(named && { pathParameters }) } }];
  });
  return candidates.sort((a, b) => (a.rank < b.rank ? -1 : 1))[0]?.match;
}

/** @returns undefined where the path does not match the route's */
function parametersOf(routePath: string, path: string): Record<string, string> | undefined {
  const parts = routePath.split('/');
  const segments = path.split('/');
  const parameters: Record<string, string> = {};
  for (const [index, part] of parts.entries()) {
    const greedy = part.endsWith('+}');
    const value = greedy ? segments.slice(index).join('/') : segments[index];
    if (value === undefined) return undefined;
    if (part.startsWith('{')) {
      if (value === '') return undefined;
      parameters[part.slice(1, greedy ? -2 : -1)] = decodeURIComponent(value);
    } else if (part !== value) return undefined;
    if (greedy) return parameters;
  }
  return parts.length === segments.length ? parameters : undefined;
}

/** Gives a text by which routes sort, the most specific first: one digit for each segment, and one for the method. */
function rankOf(method: string, routePath: string): string {
  const segments = routePath
    .split('/')
    .map((part) => (part.endsWith('+}') ? '2' : part.startsWith('{') ? '1' : '0'));
  return segments.join('') + (method === 'ANY' ? '1' : '0');
}
