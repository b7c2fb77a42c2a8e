import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { S3Client } from '@aws-sdk/client-s3';
import type { AccessControl } from '../../local/iam/principals.ts';
import type { CorsRule } from '../../local/s3/cors.ts';
import { S3 } from '../../local/s3/service.ts';
import type { VersionStore } from '../../local/s3/version-store.ts';
import { everythingFor } from './iam.ts';
import { temporaryDirectory } from './temporary.ts';

export const BUCKET = 'raw-bucket';
export const UNVERSIONED_BUCKET = 'failure-bucket';
export const REGION = 'eu-central-1';
export const CREDENTIALS = {
  accessKeyId: 'ASIALOCAL',
  secretAccessKey: 'a local secret',
  sessionToken: 'a+local/session=token',
};

export interface S3Server {
  readonly url: string;
  readonly dir: string;
  readonly store: VersionStore;
  readonly client: S3Client;
  close(): Promise<void>;
}

/** The embedded S3 behind a plain server, with the SDK's client for it; without `dir` on a directory of its own. */
export async function startS3Server(
  options: {
    dir?: string;
    corsRules?: readonly CorsRule[];
    now?: () => Date;
    iam?: AccessControl;
    idleTimeoutMs?: number;
    notifies?: boolean;
  } = {},
): Promise<S3Server> {
  const { corsRules = [], now = () => new Date(), iam = everythingFor(CREDENTIALS), idleTimeoutMs } = options;
  const { notifies = false } = options;
  const dir = options.dir ?? temporaryDirectory();
  const buckets = [
    { name: BUCKET, versioned: true, corsRules, notifies },
    { name: 'other-bucket', versioned: true, corsRules: [] },
    { name: UNVERSIONED_BUCKET, versioned: false, corsRules: [] },
  ];
  const s3 = new S3({
    ...{ dir, buckets, iam, region: REGION, now },
    ...(idleTimeoutMs !== undefined && { idleTimeoutMs }),
  });
  const server = createServer((request, response) => s3.answer(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const client = new S3Client({ endpoint: url, region: REGION, credentials: CREDENTIALS, maxAttempts: 1 });
  return {
    url,
    dir,
    store: s3.store,
    client,
    async close() {
      client.destroy();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await s3.close();
    },
  };
}
