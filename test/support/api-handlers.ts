import * as v from 'valibot';
import { expect } from 'vitest';
import { type Route, routeKey } from '#contract/route';
import { ROUTES } from '#contract/routes';
import { apiEvent, context, read } from './api-event.ts';

type Options = Parameters<typeof apiEvent>[1];
type Handler = (event: ReturnType<typeof apiEvent>, c: typeof context) => Promise<unknown>;

/** The API's functions, loaded with the environment as it is now, to be asked route by route. */
export async function loadApi() {
  const [presignUpload, register, assets] = await Promise.all([
    import('../../lambdas/presign-upload.ts'),
    import('../../lambdas/register.ts'),
    import('../../lambdas/assets.ts'),
  ]);
  const handlers: Readonly<Record<Route['function'], Handler>> = {
    'presign-upload': presignUpload.handler,
    register: register.handler,
    assets: assets.handler,
  };

  /** The answer, once it is seen to be one that the route's row declares. */
  async function ask(route: Route, body: unknown, options?: Options) {
    const event = apiEvent(body, { routeKey: routeKey(route), ...options });
    const answer = read(await handlers[route.function](event, context));
    if (answer.status === 200) v.assert(route.response, answer.body);
    else expect(route.errors).toContain(answer.body.code);
    return answer;
  }

  return {
    /** Asks for one asset by the route of that name. */
    one: (name: keyof typeof ROUTES, asset_id: string, options?: Options) =>
      ask(ROUTES[name], undefined, { pathParameters: { asset_id }, ...options }),
    list: (rawQueryString = '', options?: Options) =>
      ask(ROUTES.listAssets, undefined, { rawQueryString, ...options }),
    whoami: (options?: Options) => ask(ROUTES.whoami, undefined, options),
    presign: (body: unknown, options?: Options) => ask(ROUTES.presignUpload, body, options),
    register: (body: unknown, options?: Options) => ask(ROUTES.register, body, options),
    /** Asks for several at once; each outcome is seen to be one that the single route's row declares. */
    async batch(name: 'batchPresignUpload' | 'batchRegister', items: readonly unknown[], options?: Options) {
      const answer = await ask(ROUTES[name], { items }, options);
      const single: Route = ROUTES[ROUTES[name].batchOf];
      for (const { status, body } of answer.body.items ?? []) {
        if (status === 200) v.assert(single.response, body);
        else expect(single.errors).toContain(body.code);
      }
      return answer;
    },
    get: (asset_id: string, options?: Options) =>
      ask(ROUTES.getAsset, undefined, { pathParameters: { asset_id }, ...options }),
  };
}
