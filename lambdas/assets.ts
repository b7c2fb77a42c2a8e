import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { STSClient } from '@aws-sdk/client-sts';
import { ASSET_ROUTES } from '#contract/routes/assets';
import { AssetReader } from '#core/assets/asset-reader';
import { DynamoDbAssetRepository } from '#core/assets/dynamodb-asset-repository';
import { Lifecycle } from '#core/assets/lifecycle';
import { TenantSessions } from '#core/aws/tenant-sessions';
import { ENV, parseEnv, positiveInteger, text, wholeNumber } from '#core/env';
import { apiHandler } from '#core/http/api-handler';

const env = parseEnv({
  [ENV.assetTable]: text,
  [ENV.tenantRoleArn]: text,
  [ENV.maxUploadBytes]: positiveInteger,
  [ENV.maxHashBytes]: positiveInteger,
  [ENV.uploadExpirySeconds]: positiveInteger,
  [ENV.deleteRetentionDays]: wholeNumber,
});

const limits = {
  max_upload_bytes: env.MAX_UPLOAD_BYTES,
  max_hash_bytes: env.MAX_HASH_BYTES,
  upload_expiry_seconds: env.UPLOAD_EXPIRY_SECONDS,
  delete_retention_days: env.DELETE_RETENTION_DAYS,
};

const tenants = new TenantSessions({
  sts: new STSClient(),
  roleArn: env.TENANT_ROLE_ARN,
  open: (config) => {
    const assets = new DynamoDbAssetRepository(new DynamoDBClient(config), env.ASSET_TABLE);
    return { reader: new AssetReader(assets), lifecycle: new Lifecycle(assets, env.DELETE_RETENTION_DAYS) };
  },
});

export const handler = apiHandler(
  'assets',
  {
    getAsset: ({ tenant_id, env }, { params: { asset_id } }) =>
      tenants.run(tenant_id, ({ reader }) => reader.get({ tenant_id, env, asset_id })),
    deleteAsset: (caller, { params: { asset_id } }) =>
      tenants.run(caller.tenant_id, ({ lifecycle }) => lifecycle.delete(caller, asset_id)),
    restoreAsset: (caller, { params: { asset_id } }) =>
      tenants.run(caller.tenant_id, ({ lifecycle }) => lifecycle.restore(caller, asset_id)),
    cancelUpload: (caller, { params: { asset_id } }) =>
      tenants.run(caller.tenant_id, ({ lifecycle }) => lifecycle.cancel(caller, asset_id)),
    eraseAsset: (caller, { params: { asset_id } }) =>
      tenants.run(caller.tenant_id, ({ lifecycle }) => lifecycle.erase(caller, asset_id)),
    whoami: async ({ tenant_id, env, user_id, scopes }) => ({
      tenant_id,
      env,
      user_id,
      scopes: [...scopes],
      limits,
    }),
  },
  ASSET_ROUTES,
);
