import middy from '@middy/core';
import type { APIGatewayProxyStructuredResultV2, Context } from 'aws-lambda';
import type { Scope } from '#contract/tenant';
import { RawStorageError } from '#core/errors';
import { toProblem } from '#core/http/problem';
import { type ApiEvent, callerOf } from '#core/http/request';
import type { Caller } from '#core/identity/caller';

/** Long enough to answer before Lambda ends the invocation, which would tell the client nothing. */
const RESERVE_MS = 500;

interface Route<TInput> {
  /** The scope that a token needs. */
  readonly scope: Scope;
  /** Parses what the route takes; runs only for a caller who may call it. */
  readonly parse: (event: ApiEvent) => TInput;
  /** Does the route's work; what it resolves to is answered with 200. */
  readonly run: (caller: Caller, input: TInput) => Promise<object>;
}

type ParsedEvent<TInput> = ApiEvent & { caller?: Caller; input?: TInput };

/** A handler of the HTTP API: who calls, what is asked, the work, the answer; every error becomes a problem. */
export function apiHandler<TInput>({ scope, parse, run }: Route<TInput>) {
  const options = { timeoutEarlyInMillis: RESERVE_MS, timeoutEarlyResponse: refuseLate };
  return middy<ParsedEvent<TInput>, APIGatewayProxyStructuredResultV2, Error, Context>(options)
    .before(({ event }) => {
      event.caller = callerOf(event, scope);
    })
    .before(({ event }) => {
      event.input = parse(event);
    })
    .onError((request) => {
      const problem = toProblem(request.error, request.event.requestContext.requestId);
      request.response = respond(problem.status, 'application/problem+json', problem);
    })
    .handler(async ({ caller, input }) =>
      respond(200, 'application/json', await run(caller as Caller, input as TInput)),
    );
}

function refuseLate(): never {
  throw new RawStorageError('unavailable', 'The request could not be served in time');
}

function respond(statusCode: number, contentType: string, body: object): APIGatewayProxyStructuredResultV2 {
  const headers: Record<string, string> = { 'content-type': contentType, 'cache-control': 'no-store' };
  if (statusCode === 503) headers['retry-after'] = '1';
  return { statusCode, headers, body: JSON.stringify(body) };
}
