import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { S3Client } from '@aws-sdk/client-s3';
import { STSClient } from '@aws-sdk/client-sts';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { apiHandler } from '#core/api-handler';
import { RegisterRequest } from '#core/asset';
import { DynamoDbAssetRepository } from '#core/dynamodb-asset-repository';
import { ENV, parseEnv, positiveInteger, text } from '#core/env';
import { Registrar } from '#core/registrar';
import { parseBody } from '#core/request';
import { S3ObjectStore } from '#core/s3-object-store';
import { TenantSessions } from '#core/tenant-sessions';

const env = parseEnv({
  [ENV.rawBucket]: text,
  [ENV.bucketOwner]: text,
  [ENV.assetTable]: text,
  [ENV.tenantRoleArn]: text,
  [ENV.maxHashBytes]: positiveInteger,
});

// One pool of connections, whichever tenant a request is for.
const requestHandler = new NodeHttpHandler();

const tenants = new TenantSessions({
  sts: new STSClient(),
  roleArn: env.TENANT_ROLE_ARN,
  minimumSeconds: 120,
  open: (credentials) => {
    const documents = DynamoDBDocumentClient.from(new DynamoDBClient({ credentials, requestHandler }));
    // An object is read to be hashed: the SDK's own checksum of it, in JavaScript, would take longer than that.
    const s3 = new S3Client({ credentials, requestHandler, responseChecksumValidation: 'WHEN_REQUIRED' });
    return new Registrar(
      new DynamoDbAssetRepository(documents, env.ASSET_TABLE),
      new S3ObjectStore(s3, env.RAW_BUCKET, env.BUCKET_OWNER),
      env.MAX_HASH_BYTES,
    );
  },
});

/** `POST /nexus/raw/register` */
export const handler = apiHandler({
  scope: 'raw:write',
  parse: (event) => parseBody(RegisterRequest, event),
  run: async (caller, request) => (await tenants.for(caller.tenant_id)).register(caller, request),
});
