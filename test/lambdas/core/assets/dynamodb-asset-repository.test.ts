import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { DynamoDbAssetRepository } from '#core/assets/dynamodb-asset-repository';
import { presignedRecord, registeredRecord } from '../../../support/asset-records.ts';
import { assetRepositoryContract } from '../../../support/asset-repository-contract.ts';
import { startAws, TABLE, type TestAws } from '../../../support/aws.ts';

let aws: TestAws;
let client: DynamoDBClient;

beforeAll(async () => {
  aws = await startAws({ as: 'administrator' });
  client = new DynamoDBClient({ maxAttempts: 1 });
});

afterAll(async () => {
  client.destroy();
  await aws.close();
});

describe('the repository in DynamoDB', () => {
  assetRepositoryContract(() => new DynamoDbAssetRepository(client, TABLE));

  it('reads its own writes: the table is asked for a consistent read', async () => {
    const asked = vi.spyOn(aws.table, 'handle');
    await new DynamoDbAssetRepository(client, TABLE).find(presignedRecord().asset);
    expect(asked.mock.calls).toMatchObject([['GetItem', { ConsistentRead: true }]]);
    asked.mockRestore();
  });

  it('says that the table is out of reach', async () => {
    const offline = new DynamoDBClient({ endpoint: 'http://127.0.0.1:9', maxAttempts: 1 });
    const repository = new DynamoDbAssetRepository(offline, TABLE);
    const record = presignedRecord();
    for (const call of [
      () => repository.find(record.asset),
      () => repository.create(record),
      () => repository.renew(record),
      () => repository.note(record, 'v1'),
      () => repository.replace(record, registeredRecord(record), 0),
    ]) {
      await expect(call()).rejects.toMatchObject({ code: 'unavailable' });
    }
  });

  it('leaves a fault that no retry mends as it is', async () => {
    const repository = new DynamoDbAssetRepository(client, 'another-table');
    const record = presignedRecord();
    await expect(repository.find(record.asset)).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
    await expect(repository.create(record)).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
  });
});
