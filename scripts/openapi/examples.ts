import type { ROUTES } from '#contract/routes';

const asset_id = '8b0f8d3e-6f5b-4c1e-9a57-2f1d0c9b7a61';
const sha256 = '2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824';
const key = `tenants/t_demo/dev/raw/${asset_id}/hello.txt`;

const REGISTERED = {
  asset_id,
  tenant_id: 't_demo',
  env: 'dev',
  uri: `s3://raw-bucket/${key}`,
  bucket: 'raw-bucket',
  key,
  filename: 'hello.txt',
  content_type: 'text/plain',
  status: 'registered',
  size_bytes: 5,
  sha256,
  version_id: '3HL4kqtJlcpXroDTDmJ.rmSpXd3dIbrHY',
  created_at: '2026-01-31T12:00:00.000Z',
  created_by: 'developer',
  metadata: { project: 'greetings' },
};

const DELETED = {
  ...REGISTERED,
  status: 'deleted',
  deleted_at: '2026-02-01T12:00:00.000Z',
  purge_at: '2026-03-03T12:00:00.000Z',
};

const PRESIGN = { filename: 'hello.txt', size_bytes: 5, sha256, metadata: { project: 'greetings' } };

const FORM = {
  asset_id,
  method: 'POST',
  url: 'https://raw-bucket.s3.us-east-1.amazonaws.com/',
  fields: { key, 'Content-Type': 'text/plain', policy: 'eyJ…', 'X-Amz-Signature': '…' },
  filename: 'hello.txt',
  content_type: 'text/plain',
  uri: REGISTERED.uri,
  expires_at: '2026-01-31T12:15:00.000Z',
  expires: 900,
  max_size_bytes: 5,
};

export const EXAMPLE_PROBLEM = {
  type: 'urn:nexus:raw-storage:problem:not_uploaded',
  title: 'The file is not uploaded yet',
  status: 409,
  detail: 'The file is not uploaded yet',
  code: 'not_uploaded',
  request_id: 'JKJaXmPLvHcESHA=',
};

const REGISTER = { asset_id, filename: 'hello.txt' };

interface Example {
  readonly request?: object;
  readonly response: object;
}

/** An exchange by each route. */
export const EXAMPLES: Readonly<Record<keyof typeof ROUTES, Example>> = {
  presignUpload: { request: PRESIGN, response: FORM },
  batchPresignUpload: { request: { items: [PRESIGN] }, response: { items: [{ status: 200, body: FORM }] } },
  register: { request: REGISTER, response: REGISTERED },
  batchRegister: {
    request: { items: [REGISTER, REGISTER] },
    response: {
      items: [
        { status: 200, body: REGISTERED },
        { status: 409, body: EXAMPLE_PROBLEM },
      ],
    },
  },
  listAssets: {
    response: { items: [REGISTERED], next_cursor: 'MjAyNi0wMS0zMVQxMjowMDowMC4wMDBaIzhiMGY4ZDNl' },
  },
  getAsset: { response: REGISTERED },
  downloadAsset: {
    response: {
      url: `https://raw-bucket.s3.us-east-1.amazonaws.com/${key}?versionId=3HL4kqtJlcpXroDTDmJ.rmSpXd3dIbrHY`,
      expires_at: '2026-01-31T12:05:00.000Z',
    },
  },
  deleteAsset: { response: DELETED },
  restoreAsset: { response: REGISTERED },
  cancelUpload: { response: { asset_id, status: 'expired' } },
  eraseAsset: { response: { asset_id, status: 'purged' } },
  whoami: {
    response: {
      tenant_id: 't_demo',
      env: 'dev',
      user_id: 'developer',
      scopes: ['raw:read', 'raw:write'],
      limits: {
        max_upload_bytes: 5368709120,
        max_hash_bytes: 268435456,
        upload_expiry_seconds: 900,
        delete_retention_days: 30,
      },
    },
  },
};
