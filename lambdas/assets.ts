import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { S3Client } from '@aws-sdk/client-s3';
import { STSClient } from '@aws-sdk/client-sts';
import { MAX_DOWNLOAD_SECONDS } from '#contract/assets-api';
import { ASSET_ROUTES } from '#contract/routes/assets';
import { AssetReader } from '#core/assets/asset-reader';
import { Downloader } from '#core/assets/downloader';
import { DynamoDbAssetIndex } from '#core/assets/dynamodb-asset-index';
import { DynamoDbAssetRepository } from '#core/assets/dynamodb-asset-repository';
import { Lifecycle } from '#core/assets/lifecycle';
import { Lister } from '#core/assets/lister';
import { TenantSessions } from '#core/aws/tenant-sessions';
import { ENV, parseEnv, positiveInteger, text, wholeNumber } from '#core/env';
import { apiHandler } from '#core/http/api-handler';
import { logUploads } from '#core/uploads/upload-log';

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
  // A URL ends with the credentials that signed it: they must outlive the longest.
  minimumSeconds: MAX_DOWNLOAD_SECONDS + 120,
  open(config) {
    const dynamodb = new DynamoDBClient(config);
    const assets = new DynamoDbAssetRepository(dynamodb, env.ASSET_TABLE);
    // A URL with a checksum would ask its user for one.
    const s3 = new S3Client({ ...config, requestChecksumCalculation: 'WHEN_REQUIRED' });
    return {
      reader: new AssetReader(assets),
      lister: new Lister(new DynamoDbAssetIndex(dynamodb, env.ASSET_TABLE), assets),
      downloader: new Downloader(s3, config.credentials.expiration),
      lifecycle: new Lifecycle(assets, env.DELETE_RETENTION_DAYS),
    };
  },
});

export const handler = apiHandler(
  'assets',
  {
    listAssets: (caller, { query }) =>
      tenants.run(caller.tenant_id, ({ lister }) => lister.list(caller, query)),
    getAsset: ({ tenant_id, env }, { params: { asset_id } }) =>
      tenants.run(tenant_id, ({ reader }) => reader.get({ tenant_id, env, asset_id })),
    downloadAsset: ({ tenant_id, env }, { params: { asset_id }, query }) =>
      tenants.run(tenant_id, async ({ reader, downloader }) =>
        downloader.sign(await reader.get({ tenant_id, env, asset_id }), query),
      ),
    deleteAsset: async (caller, { params: { asset_id } }) => {
      const asset = await tenants.run(caller.tenant_id, ({ lifecycle }) =>
        lifecycle.delete(caller, asset_id),
      );
      logUploads('asset deleted', caller, [asset_id]);
      return asset;
    },
    restoreAsset: async (caller, { params: { asset_id } }) => {
      const asset = await tenants.run(caller.tenant_id, ({ lifecycle }) =>
        lifecycle.restore(caller, asset_id),
      );
      logUploads('asset restored', caller, [asset_id]);
      return asset;
    },
    cancelUpload: async (caller, { params: { asset_id } }) => {
      const ended = await tenants.run(caller.tenant_id, ({ lifecycle }) =>
        lifecycle.cancel(caller, asset_id),
      );
      logUploads('upload cancelled', caller, [asset_id]);
      return ended;
    },
    eraseAsset: async (caller, { params: { asset_id } }) => {
      const ended = await tenants.run(caller.tenant_id, ({ lifecycle }) => lifecycle.erase(caller, asset_id));
      logUploads('asset erased', caller, [asset_id]);
      return ended;
    },
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
