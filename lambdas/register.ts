import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { S3Client } from '@aws-sdk/client-s3';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { apiHandler } from '#core/api-handler';
import { RegisterRequest } from '#core/asset';
import { DynamoDbAssetRepository } from '#core/dynamodb-asset-repository';
import { ENV, parseEnv, positiveInteger, text } from '#core/env';
import { Registrar } from '#core/registrar';
import { parseBody } from '#core/request';
import { S3ObjectStore } from '#core/s3-object-store';

const env = parseEnv({
  [ENV.rawBucket]: text,
  [ENV.assetTable]: text,
  [ENV.maxHashBytes]: positiveInteger,
});

const registrar = new Registrar(
  new DynamoDbAssetRepository(DynamoDBDocumentClient.from(new DynamoDBClient()), env.ASSET_TABLE),
  new S3ObjectStore(new S3Client(), env.RAW_BUCKET),
  env.MAX_HASH_BYTES,
);

/** `POST /nexus/raw/register` */
export const handler = apiHandler({
  scope: 'raw:write',
  parse: (event) => parseBody(RegisterRequest, event),
  run: (caller, request) => registrar.register(caller, request),
});
