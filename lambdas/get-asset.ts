import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { STSClient } from '@aws-sdk/client-sts';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import * as v from 'valibot';
import { apiHandler } from '#core/api-handler';
import { AssetId } from '#core/asset';
import { AssetReader } from '#core/asset-reader';
import { DynamoDbAssetRepository } from '#core/dynamodb-asset-repository';
import { ENV, parseEnv, text } from '#core/env';
import { RawStorageError } from '#core/errors';
import { TenantSessions } from '#core/tenant-sessions';

const env = parseEnv({ [ENV.assetTable]: text, [ENV.tenantRoleArn]: text });

// One pool of connections, whichever tenant a request is for.
const requestHandler = new NodeHttpHandler();

const tenants = new TenantSessions({
  sts: new STSClient(),
  roleArn: env.TENANT_ROLE_ARN,
  minimumSeconds: 120,
  open: (credentials) => {
    const documents = DynamoDBDocumentClient.from(new DynamoDBClient({ credentials, requestHandler }));
    return new AssetReader(new DynamoDbAssetRepository(documents, env.ASSET_TABLE));
  },
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
