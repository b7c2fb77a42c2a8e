import { ACCOUNT_ID, REGION } from '../template/account.ts';
import type { AuthorizerDefinition } from './definition.ts';
import { API_ID, type RequestEvent } from './event.ts';

/** Runs a function by name, as Lambda's Invoke does. */
export type Invoke = (functionName: string, payload: unknown) => Promise<unknown>;

export type AuthorizerDecision =
  | { readonly outcome: 'allowed'; readonly context: unknown }
  /** The identity source is missing or empty: no function is asked. */
  | { readonly outcome: 'unidentified' }
  | { readonly outcome: 'denied' };

const MAX_CACHED = 1000;

/**
 * A Lambda authorizer with simple responses, whose decisions are kept per identity source value for the TTL, denials
 * too. https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-lambda-authorizer.html
 */
export class LambdaAuthorizer {
  readonly #definition: AuthorizerDefinition;
  readonly #invoke: Invoke;
  readonly #now: () => number;
  readonly #cache = new Map<string, { readonly decision: AuthorizerDecision; readonly until: number }>();

  /** `now` gives epoch milliseconds. */
  constructor(definition: AuthorizerDefinition, invoke: Invoke, now: () => number = Date.now) {
    this.#definition = definition;
    this.#invoke = invoke;
    this.#now = now;
  }

  /** @throws FunctionError, or TypeError where the function answers with no simple response. */
  async decide(event: RequestEvent): Promise<AuthorizerDecision> {
    const identity = this.#definition.identitySource.map((expression) => select(expression, event));
    if (identity.some((value) => value === undefined || value === '')) return { outcome: 'unidentified' };
    const key = JSON.stringify(identity);
    const cached = this.#cache.get(key);
    if (cached !== undefined && cached.until > this.#now()) return cached.decision;
    const decision = await this.#ask(event, identity);
    this.#keep(key, decision);
    return decision;
  }

  async #ask(
    event: RequestEvent,
    identitySource: readonly (string | undefined)[],
  ): Promise<AuthorizerDecision> {
    const { method, path } = event.requestContext.http;
    const answer = await this.#invoke(this.#definition.functionName, {
      ...event,
      type: 'REQUEST',
      routeArn: `arn:aws:execute-api:${REGION}:${ACCOUNT_ID}:${API_ID}/$default/${method}${path}`,
      identitySource,
    });
    const { isAuthorized, context } = (answer ?? {}) as { isAuthorized?: unknown; context?: unknown };
    if (typeof isAuthorized !== 'boolean')
      throw new TypeError('The authorizer answered without isAuthorized');
    return isAuthorized ? { outcome: 'allowed', context: context ?? null } : { outcome: 'denied' };
  }

  #keep(key: string, decision: AuthorizerDecision): void {
    if (this.#definition.ttlSeconds === 0) return;
    this.#cache.delete(key);
    this.#cache.set(key, { decision, until: this.#now() + this.#definition.ttlSeconds * 1000 });
    const oldest = this.#cache.keys().next();
    if (this.#cache.size > MAX_CACHED && !oldest.done) this.#cache.delete(oldest.value);
  }
}

/** https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-lambda-authorizer.html#http-api-lambda-authorizer.identity-sources */
function select(expression: string, event: RequestEvent): string | undefined {
  const [, kind, name = ''] = /^\$request\.(header|querystring)\.(.+)$/.exec(expression) ?? [];
  if (kind === 'header') return event.headers[name.toLowerCase()];
  if (kind === 'querystring') return event.queryStringParameters?.[name];
  if (expression === '$context.routeKey') return event.routeKey;
  throw new TypeError(`The identity source ${expression} is not one that the local gateway knows`);
}
