import { test } from 'vitest';
import { type Cloud, startCloud } from '../../local/cloud.ts';
import { ApiClient } from '../../scripts/api-client.ts';
import { Client } from './client.ts';

/** Whose token a call carries: the claims that the embedded issuer gives it, or the variable that holds a deployment's. */
const CALLERS = {
  tenant: { claims: { sub: 'tester' }, variable: 'NEXUS_TOKEN' },
  'other tenant': { claims: { tenant_id: 't_other' }, variable: 'NEXUS_OTHER_TENANT_TOKEN' },
  reader: { claims: { scope: 'raw:read' }, variable: 'NEXUS_READER_TOKEN' },
  writer: { claims: { scope: 'raw:write' }, variable: 'NEXUS_WRITER_TOKEN' },
  'no tenant': { claims: { tenant_id: undefined }, variable: 'NEXUS_NO_TENANT_TOKEN' },
} as const;
export type Caller = keyof typeof CALLERS;

const DEPLOYED_URL = process.env['NEXUS_API_URL']?.replace(/\/$/, '');
const tokenOf = (caller: Caller) => process.env[CALLERS[caller].variable];

/** The service under test: an embedded cloud, or the stack at `NEXUS_API_URL`. */
export interface Target {
  readonly apiUrl: string;
  /** The embedded cloud's own view of itself; undefined for a deployed stack. */
  readonly cloud: Cloud | undefined;
  as(caller: Caller): Promise<ApiClient>;
  close(): Promise<void>;
}

/** A test that looks behind the API, or needs tokens that no issuer would give. It is skipped for a deployed stack. */
export const testLocally = test.skipIf(DEPLOYED_URL);

/** A test that needs the tokens of these callers. For a deployed stack it is skipped if one of them is not given. */
export const testAs = (...callers: Caller[]) =>
  test.skipIf(DEPLOYED_URL && callers.some((caller) => tokenOf(caller) === undefined));

/** @throws Error for a deployed stack without a token */
export async function openTarget(): Promise<Target> {
  if (DEPLOYED_URL === undefined) {
    const cloud = await startCloud({ port: 0 });
    const as = (caller: Caller) => Client.for(cloud, CALLERS[caller].claims);
    return { apiUrl: cloud.apiUrl, cloud, as, close: () => cloud.close() };
  }
  const apiUrl = DEPLOYED_URL;
  const as = async (caller: Caller) => {
    const token = tokenOf(caller);
    if (!token) throw new Error(`NEXUS_API_URL is set, and ${CALLERS[caller].variable} is not`);
    return new ApiClient({ apiUrl }, token);
  };
  await as('tenant');
  return { apiUrl, cloud: undefined, as, close: async () => {} };
}

/** The embedded cloud of a test that runs only there. */
export function cloudOf({ cloud }: Target): Cloud {
  if (cloud === undefined) throw new Error('Only the embedded cloud can be looked into');
  return cloud;
}
