import type { DatasetEvent } from '#contract/events';
import type { Cloud } from '../../local/cloud.ts';
import { type Answer, ApiClient } from '../../scripts/api-client.ts';
import { expectDocumented } from '../support/openapi.ts';

export { type Answer, sha256 } from '../../scripts/api-client.ts';

/**
 * A client of the embedded cloud's API, which has a token for whoever a test needs. Every exchange must be one that
 * `docs/openapi.json` tells of.
 */
export class Client extends ApiClient {
  /** A client whose token holds `claims`: by default a tenant and every scope. */
  static async for(cloud: Cloud, claims: Record<string, unknown> = {}): Promise<Client> {
    const token = await cloud.issuer.issue({ tenant_id: 't_demo', scope: 'raw:read raw:write', ...claims });
    return new Client(cloud, token);
  }

  protected override onAnswer(
    method: string,
    path: string,
    body: unknown,
    answer: Answer & { readonly type: string },
  ): void {
    const sent = typeof body === 'string' && answer.status === 200 ? JSON.parse(body) : body;
    expectDocumented(method, path, sent, answer);
  }
}

/** The events of an asset that are on the bus by now, in their order there. */
export function eventsOf(cloud: Cloud, assetId: string): DatasetEvent[] {
  return cloud.bus
    .events()
    .map(({ detail }) => detail as DatasetEvent)
    .filter((event) => event.asset_id === assetId);
}
