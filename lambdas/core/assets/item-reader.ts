import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import {
  BatchGetCommand,
  type BatchGetCommandInput,
  type DynamoDBDocumentClient,
  GetCommand,
} from '@aws-sdk/lib-dynamodb';
import type { AssetItem } from '#core/assets/asset-record';
import { unavailableOr } from '#core/aws/sdk-errors';
import { RawStorageError } from '#core/errors';

/** The most keys that one call reads: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchGetItem.html */
const MOST_KEYS = 100;
/** How often keys are asked for that DynamoDB left out for lack of capacity. */
const MAX_ATTEMPTS = 5;
/** The wait after the first attempt, in milliseconds. It doubles with each. */
const BACKOFF_MS = 25;

/** The reads that are asked for in one turn of the event loop. */
interface Turn {
  readonly keys: Set<string>;
  /** By key, those that are there. */
  readonly items: Promise<ReadonlyMap<string, AssetItem>>;
}

/**
 * Reads items of the table of assets by their keys, consistently. Those that are asked for in the same turn of the event loop
 * share a call a hundred: a batch, a page of a list, the messages of a queue.
 */
export class ItemReader {
  readonly #client: DynamoDBDocumentClient;
  readonly #table: string;
  #turn: Turn | undefined;

  constructor(client: DynamoDBDocumentClient, table: string) {
    this.#client = client;
    this.#table = table;
  }

  /**
   * @returns undefined where there is none
   * @throws RawStorageError `unavailable` when the table is out of reach
   */
  async read(pk: string): Promise<AssetItem | undefined> {
    this.#turn ??= this.#begin();
    const { keys, items } = this.#turn;
    keys.add(pk);
    return (await items).get(pk);
  }

  #begin(): Turn {
    const keys = new Set<string>();
    const items = nextTurn().then(() => {
      this.#turn = undefined;
      return this.#readAll([...keys]);
    });
    return { keys, items };
  }

  async #readAll(keys: readonly string[]): Promise<ReadonlyMap<string, AssetItem>> {
    const parts = Array.from({ length: Math.ceil(keys.length / MOST_KEYS) }, (_, part) =>
      keys.slice(part * MOST_KEYS, (part + 1) * MOST_KEYS),
    );
    try {
      const items = await Promise.all(parts.map((part) => this.#call(part)));
      return new Map(items.flat().map((item) => [String(item['pk']), item]));
    } catch (error) {
      throw unavailableOr(error, 'The asset table');
    }
  }

  async #call(keys: readonly string[]): Promise<readonly AssetItem[]> {
    const [pk] = keys;
    if (keys.length > 1) return this.#batch(keys);
    const get = new GetCommand({ TableName: this.#table, Key: { pk }, ConsistentRead: true });
    const { Item } = await this.#client.send(get);
    return Item === undefined ? [] : [Item];
  }

  async #batch(keys: readonly string[]): Promise<readonly AssetItem[]> {
    const items: AssetItem[] = [];
    let asked: BatchGetCommandInput['RequestItems'] = {
      [this.#table]: { Keys: keys.map((pk) => ({ pk })), ConsistentRead: true },
    };
    for (let attempt = 0; asked?.[this.#table] !== undefined; attempt++) {
      if (attempt === MAX_ATTEMPTS) throw new RawStorageError('unavailable', 'The asset table is throttled');
      if (attempt > 0) await sleep(Math.random() * BACKOFF_MS * 2 ** attempt);
      const get: BatchGetCommand = new BatchGetCommand({ RequestItems: asked });
      const { Responses = {}, UnprocessedKeys } = await this.#client.send(get);
      items.push(...(Responses[this.#table] ?? []));
      asked = UnprocessedKeys;
    }
    return items;
  }
}
