import { expect, test, vi } from 'vitest';
import { LambdaAuthorizer } from '../../../local/apigateway/authorizer.ts';
import type { RequestEvent } from '../../../local/apigateway/event.ts';

const eventOf = (headers: Record<string, string>, queryStringParameters?: Record<string, string>) =>
  ({
    headers,
    routeKey: 'GET /',
    requestContext: { http: { method: 'GET', path: '/' } },
    ...(queryStringParameters && { queryStringParameters }),
  }) as RequestEvent;

const authorizerOf = (identitySource: readonly string[], ttlSeconds = 60) => {
  const ask = vi.fn(async () => ({ isAuthorized: true }));
  return { ask, authorizer: new LambdaAuthorizer({ functionName: 'f', identitySource, ttlSeconds }, ask) };
};

test('the oldest of a thousand decisions makes way', async () => {
  const { ask, authorizer } = authorizerOf(['$request.header.Authorization']);
  const decide = (token: string) => authorizer.decide(eventOf({ authorization: token }));
  for (let n = 0; n <= 1000; n++) await decide(`${n}`);
  expect(ask).toHaveBeenCalledTimes(1001);
  await decide('1');
  expect(ask).toHaveBeenCalledTimes(1001);
  await decide('0');
  expect(ask).toHaveBeenCalledTimes(1002);
});

test('a TTL of 0 keeps no decision', async () => {
  const { ask, authorizer } = authorizerOf(['$request.header.Authorization'], 0);
  for (const times of [1, 2]) {
    await authorizer.decide(eventOf({ authorization: 'x' }));
    expect(ask).toHaveBeenCalledTimes(times);
  }
});

test('an identity of several parts needs, and is kept by, all of them', async () => {
  const sources = ['$request.header.X-Key', '$request.querystring.k', '$context.routeKey'];
  const { ask, authorizer } = authorizerOf(sources);
  expect(await authorizer.decide(eventOf({ 'x-key': '1' }))).toEqual({ outcome: 'unidentified' });
  expect(await authorizer.decide(eventOf({ 'x-key': '1' }, { k: '2' }))).toEqual({
    outcome: 'allowed',
    context: null,
  });
  await authorizer.decide(eventOf({ 'x-key': '1' }, { k: '3' }));
  expect(ask).toHaveBeenCalledTimes(2);
});

test('an identity source that is not known is an error, not an open door', async () => {
  const { authorizer } = authorizerOf(['$stageVariables.x']);
  await expect(authorizer.decide(eventOf({}))).rejects.toThrow('$stageVariables.x');
});
