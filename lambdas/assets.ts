import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { STSClient } from '@aws-sdk/client-sts';
import { AssetReader } from '#core/assets/asset-reader';
import { DynamoDbAssetRepository } from '#core/assets/dynamodb-asset-repository';
import { TenantSessions } from '#core/aws/tenant-sessions';
import { ENV, parseEnv, text } from '#core/env';
import { apiHandler } from '#core/http/api-handler';

const env = parseEnv({ [ENV.assetTable]: text, [ENV.tenantRoleArn]: text });

const tenants = new TenantSessions({
  sts: new STSClient(),
  roleArn: env.TENANT_ROLE_ARN,
  open: (config) => new AssetReader(new DynamoDbAssetRepository(new DynamoDBClient(config), env.ASSET_TABLE)),
});

export const handler = apiHandler('assets', {
  getAsset: async ({ tenant_id, env }, { params: { asset_id } }) =>
    tenants.run(tenant_id, (reader) => reader.get({ tenant_id, env, asset_id })),
});
