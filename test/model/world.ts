import { randomUUID } from 'node:crypto';
import { cpSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DynamoDBClient, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import type { DatasetEvent } from '#contract/events';
import type { PresignResponse } from '#contract/uploads';
import { type AssetRecord, epochSeconds } from '#core/assets/asset-record';
import { DynamoDbAssetRepository } from '#core/assets/dynamodb-asset-repository';
import { type Cloud, startCloud } from '../../local/cloud.ts';
import { Client, eventsOf } from '../e2e/client.ts';
import { breakBundle, bundleDirectory, type Fault } from '../e2e/faulty-bundle.ts';
import { temporaryDirectory } from '../support/temporary.ts';

const scope = 'raw:read raw:write raw:delete raw:erase';

/**
 * Stands before settle's handler: it works off what it is given late, in another order, twice, and, where Lambda would give a
 * batch again, ends abruptly before or after the work.
 */
const courier = (seed: number) => `
const real = require('./settle.js');
let state = ${seed};
const random = () => (state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff) / 0x7fffffff;
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
exports.handler = async ({ Records }) => {
  const mayFail = Records[0].messageId === undefined;
  if (mayFail && random() < 0.1) throw new Error('before');
  await sleep(random() * 30);
  const shuffled = Records.map((record) => [random(), record]).sort(([a], [b]) => a - b).map(([, record]) => record);
  const answer = await real.handler({ Records: shuffled });
  if (random() < 0.2) await real.handler({ Records });
  if (mayFail && random() < 0.1) throw new Error('after');
  return answer;
};`;

/** An embedded cloud whose settle is given what it is given late, repeatedly and out of order. */
export class World {
  readonly cloud: Cloud;
  readonly client: Client;
  readonly #table: DynamoDBClient;
  readonly #records: DynamoDbAssetRepository;

  private constructor(cloud: Cloud, client: Client) {
    this.cloud = cloud;
    this.client = client;
    const { awsUrl: endpoint, region, iam, names } = cloud;
    this.#table = new DynamoDBClient({ endpoint, region, credentials: iam.administrator });
    this.#records = new DynamoDbAssetRepository(this.#table, names.table);
  }

  /** @param faults put into settle and register */
  static async open(seed: number, faults: { settle?: Fault[]; register?: Fault[] } = {}): Promise<World> {
    const dir = temporaryDirectory();
    const cloud = await startCloud({
      dir,
      timeToLiveSeconds: 0,
      firstBackoffMs: 1,
      settings: { throttle: { rateLimit: 100_000, burstLimit: 100_000 } },
    });
    for (const name of ['settle', 'register'] as const) {
      const bundle = bundleDirectory(dir, name);
      if (faults[name]) await breakBundle(bundle, name, faults[name]);
      if (name === 'settle') {
        cpSync(join(bundle, 'index.js'), join(bundle, 'settle.js'));
        writeFileSync(join(bundle, 'index.js'), courier(seed));
      }
      await cloud.functions.kill(name);
    }
    return new World(cloud, await Client.for(cloud, { scope }));
  }

  async close(): Promise<void> {
    this.#table.destroy();
    await this.cloud.close();
  }

  newAsset(): string {
    return randomUUID();
  }

  record(asset_id: string): Promise<AssetRecord | undefined> {
    return this.#records.find({ tenant_id: 't_demo', env: 'dev', asset_id });
  }

  async post(form: PresignResponse): Promise<void> {
    const response = await this.client.upload(form, 'abcd'.slice(0, form.max_size_bytes));
    if (response.status !== 201) throw new Error(`post: ${response.status} ${await response.text()}`);
  }

  /** Moves an item's time into the past, as waiting would; nothing where it has none. */
  async makeDue(asset_id: string): Promise<void> {
    const past = { N: String(epochSeconds(new Date()) - 60) };
    const update = new UpdateItemCommand({
      TableName: this.cloud.names.table,
      Key: { pk: { S: `t_demo#dev#${asset_id}` } },
      UpdateExpression: 'SET #ttl = :past',
      ConditionExpression: 'attribute_exists(#ttl)',
      ExpressionAttributeNames: { '#ttl': 'ttl' },
      ExpressionAttributeValues: { ':past': past },
    });
    await this.#table.send(update).catch((error) => {
      if (error.name !== 'ConditionalCheckFailedException') throw error;
    });
  }

  /** Stored versions of an asset's keys, with the mark of the form by which each came. */
  versions(asset_id: string): { readonly id: string; readonly upload: string | undefined }[] {
    return [...this.cloud.services.s3.store.keys(this.cloud.names.bucket)]
      .filter(([key]) => key.includes(`/raw/${asset_id}/`))
      .flatMap(([, stored]) =>
        stored.flatMap((version) =>
          version.deleted ? [] : [{ id: version.versionId, upload: version.headers['x-amz-meta-upload'] }],
        ),
      );
  }

  /** The events of an asset, each once, in their order. */
  events(asset_id: string): DatasetEvent[] {
    const byId = new Map(eventsOf(this.cloud, asset_id).map((event) => [event.event_id, event]));
    return [...byId.values()].sort((a, b) => a.sequence - b.sequence);
  }
}
