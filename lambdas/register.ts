import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { S3Client } from '@aws-sdk/client-s3';
import { STSClient } from '@aws-sdk/client-sts';
import { REGISTER_ROUTES } from '#contract/routes/register';
import { RegisterRequest } from '#contract/uploads';
import { DynamoDbAssetRepository } from '#core/assets/dynamodb-asset-repository';
import { TenantSessions } from '#core/aws/tenant-sessions';
import { ENV, parseEnv, positiveInteger, text } from '#core/env';
import { apiHandler } from '#core/http/api-handler';
import { batch } from '#core/http/batch';
import type { Caller } from '#core/identity/caller';
import { HashBudget } from '#core/uploads/hash-budget';
import { type RegisterOptions, Registrar } from '#core/uploads/registrar';
import { S3ObjectStore } from '#core/uploads/s3-object-store';
import { logUploads } from '#core/uploads/upload-log';

const env = parseEnv({
  [ENV.rawBucket]: text,
  [ENV.bucketOwner]: text,
  [ENV.assetTable]: text,
  [ENV.tenantRoleArn]: text,
  [ENV.maxHashBytes]: positiveInteger,
});

const tenants = new TenantSessions({
  sts: new STSClient(),
  roleArn: env.TENANT_ROLE_ARN,
  open: (config) =>
    new Registrar(
      new DynamoDbAssetRepository(new DynamoDBClient(config), env.ASSET_TABLE),
      // An object is read to be hashed: a checksum by the SDK, in JavaScript, would take longer than that.
      new S3ObjectStore(
        new S3Client({ ...config, responseChecksumValidation: 'WHEN_REQUIRED' }),
        env.RAW_BUCKET,
        env.BUCKET_OWNER,
      ),
      env.MAX_HASH_BYTES,
    ),
});

const register =
  (caller: Caller, body: RegisterRequest, options?: RegisterOptions) => (registrar: Registrar) =>
    registrar.register(caller, body, options);

export const handler = apiHandler(
  'register',
  {
    register: async (caller, { body }) => {
      const asset = await tenants.run(caller.tenant_id, register(caller, body));
      logUploads('asset registered', caller, [asset.asset_id]);
      return asset;
    },
    batchRegister: (caller, { body }, deadline) => {
      const run = tenants.forCall(caller.tenant_id);
      const budget = new HashBudget(env.MAX_HASH_BYTES);
      const onDone = (asset_ids: readonly string[]) => logUploads('asset registered', caller, asset_ids);
      const ahead = (item: RegisterRequest) => run((registrar) => registrar.find(caller, item));
      return batch(body.items, RegisterRequest, { caller, deadline, onDone, ahead }, (item, begun) =>
        run(register(caller, item, { budget, begun })),
      );
    },
  },
  REGISTER_ROUTES,
);
