import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { S3Client } from '@aws-sdk/client-s3';
import { STSClient } from '@aws-sdk/client-sts';
import type { DynamoDBRecord, DynamoDBStreamEvent, SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import { DynamoDbAssetRepository } from '#core/assets/dynamodb-asset-repository';
import { TenantSessions } from '#core/aws/tenant-sessions';
import { ENV, parseEnv, positiveInteger, text } from '#core/env';
import { describeError, log } from '#core/log';
import { readEndedLife } from '#core/settle/ended-life';
import { readObjectCreated } from '#core/settle/object-created';
import { S3VersionStore } from '#core/settle/s3-version-store';
import { Settler } from '#core/settle/settler';
import type { VersionStore } from '#core/settle/version-store';
import { Registrar } from '#core/uploads/registrar';
import { S3ObjectStore } from '#core/uploads/s3-object-store';

const env = parseEnv({
  [ENV.rawBucket]: text,
  [ENV.bucketOwner]: text,
  [ENV.assetTable]: text,
  [ENV.tenantRoleArn]: text,
  [ENV.purgeRoleArn]: text,
  [ENV.maxHashBytes]: positiveInteger,
});

/** How many records are worked off side by side: an upload without a checksum is read whole. */
const CONCURRENCY = 10;

const sts = new STSClient();

const purgers = new TenantSessions({
  sts,
  roleArn: env.PURGE_ROLE_ARN,
  open: (config) => new S3VersionStore(new S3Client(config), env.RAW_BUCKET, env.BUCKET_OWNER),
});

const tenants = new TenantSessions({
  sts,
  roleArn: env.TENANT_ROLE_ARN,
  open(config) {
    const assets = new DynamoDbAssetRepository(new DynamoDBClient(config), env.ASSET_TABLE);
    const objects = new S3ObjectStore(
      new S3Client({ ...config, responseChecksumValidation: 'WHEN_REQUIRED' }),
      env.RAW_BUCKET,
      env.BUCKET_OWNER,
    );
    return { assets, objects, registrar: new Registrar(assets, objects, env.MAX_HASH_BYTES) };
  },
});

function settle(tenantId: string, work: (settler: Settler) => Promise<void>): Promise<void> {
  const versions: VersionStore = {
    list: (key) => purgers.run(tenantId, (store) => store.list(key)),
    remove: (key, versionId) => purgers.run(tenantId, (store) => store.remove(key, versionId)),
  };
  return tenants.run(tenantId, ({ assets, objects, registrar }) =>
    work(new Settler(assets, objects, registrar, versions)),
  );
}

async function settleMessage({ body, messageId }: SQSRecord): Promise<void> {
  const version = readObjectCreated(body, env.RAW_BUCKET);
  if (version === undefined) return log('warn', 'object that no form of this service has', { messageId });
  await settle(version.asset.tenant_id, (settler) => settler.arrived(version));
}

async function settleChange(record: DynamoDBRecord): Promise<void> {
  const life = readEndedLife(record);
  if (life !== undefined) await settle(life.before.asset.tenant_id, (settler) => settler.ended(life));
}

/** Works off S3's events, from a queue, and the ends of lives, from the table's stream; answers with what is to come again. */
export async function handler({ Records }: SQSEvent | DynamoDBStreamEvent): Promise<SQSBatchResponse> {
  const batchItemFailures: { itemIdentifier: string }[] = [];
  const records = Records.values();
  const work = async () => {
    for (const record of records) {
      const isMessage = 'messageId' in record;
      const itemIdentifier = isMessage ? record.messageId : String(record.dynamodb?.SequenceNumber);
      try {
        await (isMessage ? settleMessage(record) : settleChange(record));
      } catch (error) {
        log('error', 'not settled', { itemIdentifier, ...describeError(error) });
        batchItemFailures.push({ itemIdentifier });
      }
    }
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, work));
  return { batchItemFailures };
}
