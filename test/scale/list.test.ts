import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { RegisteredAsset } from '#contract/asset';
import type { ListResponse } from '#contract/assets-api';
import { type AssetRecord, toItem } from '#core/assets/asset-record';
import { DynamoDbAssetIndex } from '#core/assets/dynamodb-asset-index';
import { DynamoDbAssetRepository } from '#core/assets/dynamodb-asset-repository';
import { Lifecycle } from '#core/assets/lifecycle';
import { Lister } from '#core/assets/lister';
import { caller, presignedRecord, registeredRecord } from '../support/asset-records.ts';
import { startAws, TABLE, type TestAws } from '../support/aws.ts';

const LARGE = 100_000;
const SMALL = 1000;
const CHANGES = 1000;
const LIMIT = 100;

/** Ids of one length, so that the rows of both take the same space. */
const large = { ...caller, tenant_id: 't_large' };
const small = { ...caller, tenant_id: 't_small' };

let aws: TestAws;
let dynamodb: DynamoDBClient;
let lister: Lister;
/** The ids of the large tenant's assets, newest first. */
let ids: string[];
const cost = { requests: 0, capacity: 0 };

beforeAll(async () => {
  aws = await startAws({ as: 'administrator' });
  dynamodb = new DynamoDBClient();
  dynamodb.middlewareStack.add(
    (next) => async (args) => {
      const { output, response } = await next({
        ...args,
        input: { ...args.input, ReturnConsumedCapacity: 'TOTAL' } as typeof args.input,
      });
      const { ConsumedCapacity = [] } = output as { ConsumedCapacity?: Consumed | Consumed[] };
      cost.requests += 1;
      for (const { CapacityUnits } of [ConsumedCapacity].flat()) cost.capacity += CapacityUnits;
      return { output, response };
    },
    { step: 'initialize' },
  );
  lister = new Lister(new DynamoDbAssetIndex(dynamodb, TABLE), new DynamoDbAssetRepository(dynamodb, TABLE));
  const startedAt = Date.now();
  await write(small.tenant_id, SMALL);
  ids = await write(large.tenant_id, LARGE);
  say(`${LARGE + SMALL} assets written in ${((Date.now() - startedAt) / 1000).toFixed(0)} s`);
});
afterAll(async () => {
  dynamodb?.destroy();
  await aws?.close();
});

interface Consumed {
  readonly CapacityUnits: number;
}

const say = (text: string) => console.log(`list: ${text}`);

/** How many assets are written side by side: they share the table's syncs. */
const SIDE_BY_SIDE = 1000;

/** Writes assets straight to the table, one a second. @returns their ids, newest first */
async function write(tenant_id: string, count: number): Promise<string[]> {
  const written: string[] = [];
  const last = Date.parse('2026-01-31T12:00:00Z');
  for (let age = 0; age < count; age += SIDE_BY_SIDE) {
    const records = Array.from({ length: Math.min(SIDE_BY_SIDE, count - age) }, (_, index) =>
      registered(tenant_id, new Date(last - (age + index) * 1000).toISOString()),
    );
    await Promise.all(
      records.map((record) =>
        aws.table.handle('PutItem', { TableName: TABLE, Item: marshall(toItem(record)) }),
      ),
    );
    written.push(...records.map(({ asset }) => asset.asset_id));
  }
  return written;
}

function registered(tenant_id: string, created_at: string): AssetRecord<RegisteredAsset> {
  const record = registeredRecord(presignedRecord({ tenant_id }));
  return { ...record, asset: { ...record.asset, created_at } };
}

/** A page, with what it cost. */
async function page(who: typeof caller, cursor?: string) {
  Object.assign(cost, { requests: 0, capacity: 0 });
  const answer: ListResponse = await lister.list(who, { limit: LIMIT, status: 'registered', cursor });
  return { ...answer, cost: { ...cost } };
}

test('a page costs the same for a tenant of 100,000 assets, wherever it is, and one of 1,000', async () => {
  const ofSmall = await page(small);
  const first = await page(large);
  expect(first.items).toHaveLength(LIMIT);
  expect(first.cost).toEqual(ofSmall.cost);
  // A query of each shard, and one that reads the items.
  expect(first.cost.requests).toBe(9);
  const cursor = Buffer.from(`2026-01-31T00:00:00.000Z#${ids[0]}`).toString('base64url');
  const inside = await page(large, cursor);
  expect(inside.items).toHaveLength(LIMIT);
  expect(inside.cost).toEqual(first.cost);
  say(`a page of ${LIMIT}: ${first.cost.requests} requests, ${first.cost.capacity} read capacity units`);
});

test('a walk meets each asset that stays exactly once, while others are registered and deleted', async () => {
  const repository = new DynamoDbAssetRepository(dynamodb, TABLE);
  const lifecycle = new Lifecycle(repository, 30);
  const added: string[] = [];
  const deleted = new Set<string>();
  /** One of those that the walk has met, or has not met yet, in turns. */
  const next = (met: number) => {
    const behind = deleted.size % 2 === 0;
    const from = behind ? 0 : met;
    const count = behind ? met : LARGE - met;
    return ids[from + Math.floor(Math.random() * count)];
  };
  const register = async () => {
    const presigned = presignedRecord({ tenant_id: large.tenant_id });
    const record = registeredRecord(presigned);
    await repository.create(presigned);
    await repository.replace(presigned, record);
    added.push(record.asset.asset_id);
  };
  const remove = async (met: number) => {
    const id = next(met);
    if (id === undefined || deleted.has(id)) return;
    await lifecycle.delete(large, id);
    deleted.add(id);
  };
  /** Two of each beside a page, until there are enough. */
  const change = async (met: number) => {
    for (let time = 0; time < 2; time++) {
      if (added.length < CHANGES) await register();
      if (deleted.size < CHANGES) await remove(met);
    }
  };

  const startedAt = Date.now();
  const found: string[] = [];
  let pages = 0;
  let cursor: string | undefined;
  do {
    const [{ items, next_cursor }] = await Promise.all([page(large, cursor), change(found.length)]);
    found.push(...items.map(({ asset_id }) => asset_id));
    cursor = next_cursor;
    pages += 1;
  } while (cursor !== undefined);
  const seconds = (Date.now() - startedAt) / 1000;
  say(`${pages} pages in ${seconds.toFixed(0)} s, ${added.length} registered and ${deleted.size} deleted`);

  const met = new Set(found);
  expect(met.size).toBe(found.length);
  const stayed = ids.filter((id) => !deleted.has(id));
  expect(stayed.filter((id) => !met.has(id))).toEqual([]);
  const known = new Set([...ids, ...added]);
  expect(found.filter((id) => !known.has(id))).toEqual([]);
  expect([added.length, deleted.size]).toEqual([CHANGES, CHANGES]);
});
