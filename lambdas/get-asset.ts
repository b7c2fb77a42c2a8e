import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import * as v from 'valibot';
import { apiHandler } from '#core/api-handler';
import { AssetId } from '#core/asset';
import { AssetReader } from '#core/asset-reader';
import { DynamoDbAssetRepository } from '#core/dynamodb-asset-repository';
import { ENV, parseEnv, text } from '#core/env';
import { RawStorageError } from '#core/errors';

const { ASSET_TABLE } = parseEnv({ [ENV.assetTable]: text });

const reader = new AssetReader(
  new DynamoDbAssetRepository(DynamoDBDocumentClient.from(new DynamoDBClient()), ASSET_TABLE),
);

/** `GET /nexus/raw/{asset_id}` */
export const handler = apiHandler({
  scope: 'raw:read',
  parse: ({ pathParameters }) => {
    const asset_id = v.safeParse(AssetId, pathParameters?.['asset_id']);
    // What cannot be an asset's id names none: the same answer as for one that is not there.
    if (!asset_id.success) throw new RawStorageError('asset_not_found');
    return asset_id.output;
  },
  run: ({ tenant_id, env }, asset_id) => reader.get({ tenant_id, env, asset_id }),
});
