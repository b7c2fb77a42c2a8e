import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { STSClient } from '@aws-sdk/client-sts';
import { PRESIGN_ROUTES } from '#contract/routes/presign-upload';
import { PresignRequest } from '#contract/uploads';
import { DynamoDbAssetRepository } from '#core/assets/dynamodb-asset-repository';
import { TenantSessions } from '#core/aws/tenant-sessions';
import { ENV, parseEnv, positiveInteger, text } from '#core/env';
import { apiHandler } from '#core/http/api-handler';
import { batch } from '#core/http/batch';
import type { Caller } from '#core/identity/caller';
import { Presigner } from '#core/uploads/presigner';
import { S3FormSigner } from '#core/uploads/s3-form-signer';
import { logUploads } from '#core/uploads/upload-log';

const env = parseEnv({
  [ENV.rawBucket]: text,
  [ENV.assetTable]: text,
  [ENV.tenantRoleArn]: text,
  [ENV.maxUploadBytes]: positiveInteger,
  [ENV.maxHashBytes]: positiveInteger,
  [ENV.uploadExpirySeconds]: positiveInteger,
});

const tenants = new TenantSessions({
  sts: new STSClient(),
  roleArn: env.TENANT_ROLE_ARN,
  // A form ends with the credentials that signed it: they must outlive its window.
  minimumSeconds: env.UPLOAD_EXPIRY_SECONDS + 120,
  open: (config) =>
    new Presigner(
      new DynamoDbAssetRepository(new DynamoDBClient(config), env.ASSET_TABLE),
      new S3FormSigner(config),
      {
        bucket: env.RAW_BUCKET,
        maxUploadBytes: env.MAX_UPLOAD_BYTES,
        maxHashBytes: env.MAX_HASH_BYTES,
        uploadExpirySeconds: env.UPLOAD_EXPIRY_SECONDS,
      },
    ),
});

const presign = (caller: Caller, body: PresignRequest) => (presigner: Presigner) =>
  presigner.presign(caller, body);

export const handler = apiHandler(
  'presign-upload',
  {
    presignUpload: async (caller, { body }) => {
      const form = await tenants.run(caller.tenant_id, presign(caller, body));
      logUploads('form signed', caller, [form.asset_id]);
      return form;
    },
    batchPresignUpload: (caller, { body }, deadline) => {
      const run = tenants.forCall(caller.tenant_id);
      const onDone = (asset_ids: readonly string[]) => logUploads('form signed', caller, asset_ids);
      return batch(body.items, PresignRequest, { caller, deadline, onDone }, (item) =>
        run(presign(caller, item)),
      );
    },
  },
  PRESIGN_ROUTES,
);
