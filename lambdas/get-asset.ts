import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { STSClient } from '@aws-sdk/client-sts';
import * as v from 'valibot';
import { AssetId } from '#contract/asset';
import { AssetReader } from '#core/assets/asset-reader';
import { DynamoDbAssetRepository } from '#core/assets/dynamodb-asset-repository';
import { TenantSessions } from '#core/aws/tenant-sessions';
import { ENV, parseEnv, text } from '#core/env';
import { RawStorageError } from '#core/errors';
import { apiHandler } from '#core/http/api-handler';

const env = parseEnv({ [ENV.assetTable]: text, [ENV.tenantRoleArn]: text });

const tenants = new TenantSessions({
  sts: new STSClient(),
  roleArn: env.TENANT_ROLE_ARN,
  open: (config) => new AssetReader(new DynamoDbAssetRepository(new DynamoDBClient(config), env.ASSET_TABLE)),
});

/** `GET /nexus/raw/{asset_id}` */
export const handler = apiHandler({
  scope: 'raw:read',
  parse: ({ pathParameters }) => {
    const asset_id = v.safeParse(AssetId, pathParameters?.['asset_id']);
    // What cannot be an asset's id names none: the same answer as for one that is not there.
    if (!asset_id.success) throw new RawStorageError('asset_not_found');
    return asset_id.output;
  },
  run: async ({ tenant_id, env }, asset_id) =>
    (await tenants.for(tenant_id)).get({ tenant_id, env, asset_id }),
});
