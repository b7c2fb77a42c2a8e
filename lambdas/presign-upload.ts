import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { S3Client } from '@aws-sdk/client-s3';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { apiHandler } from '#core/api-handler';
import { PresignRequest } from '#core/asset';
import { DynamoDbAssetRepository } from '#core/dynamodb-asset-repository';
import { ENV, parseEnv, positiveInteger, text } from '#core/env';
import { Presigner } from '#core/presigner';
import { parseBody } from '#core/request';
import { S3ObjectStore } from '#core/s3-object-store';

const env = parseEnv({
  [ENV.rawBucket]: text,
  [ENV.assetTable]: text,
  [ENV.maxUploadBytes]: positiveInteger,
  [ENV.maxHashBytes]: positiveInteger,
  [ENV.uploadExpirySeconds]: positiveInteger,
});

const presigner = new Presigner(
  new DynamoDbAssetRepository(DynamoDBDocumentClient.from(new DynamoDBClient()), env.ASSET_TABLE),
  new S3ObjectStore(new S3Client(), env.RAW_BUCKET),
  {
    maxUploadBytes: env.MAX_UPLOAD_BYTES,
    maxHashBytes: env.MAX_HASH_BYTES,
    uploadExpirySeconds: env.UPLOAD_EXPIRY_SECONDS,
  },
);

/** `POST /nexus/raw/presign-upload` */
export const handler = apiHandler({
  scope: 'raw:write',
  parse: (event) => parseBody(PresignRequest, event),
  run: (caller, request) => presigner.presign(caller, request),
});
