import type { RawAsset } from '#contract/asset';
import type { ListQuery, ListResponse } from '#contract/assets-api';
import type { AssetIndex, IndexRow, Position } from '#core/assets/asset-index';
import { isRaw, partitionKey } from '#core/assets/asset-record';
import type { AssetRepository } from '#core/assets/asset-repository';
import { listKey, listPartition, SHARDS } from '#core/assets/list-key';
import { RawStorageError } from '#core/errors';
import type { Caller } from '#core/identity/caller';
import { log } from '#core/log';
import { METRIC, putMetric } from '#core/metrics';

/** Before and after every position, which begins with a year. */
const FIRST = '0';
const LAST = '~';

const POSITION = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z#[0-9a-f-]{36}$/;

/**
 * Lists a tenant's assets, newest first. A page reads each shard of the index from one position and merges what it finds, so
 * that a cursor is a position, and no shard's state.
 */
export class Lister {
  readonly #index: AssetIndex;
  readonly #assets: AssetRepository;

  constructor(index: AssetIndex, assets: AssetRepository) {
    this.#index = index;
    this.#assets = assets;
  }

  /** @throws RawStorageError `invalid_request` for a cursor that is none, `unavailable` */
  async list({ tenant_id, env }: Caller, query: ListQuery): Promise<ListResponse> {
    const { status, limit, content_type: contentType, created_from, created_to = LAST } = query;
    const before = query.cursor === undefined ? LAST : readCursor(query.cursor);
    const [to = LAST] = [before, created_to].sort();
    const range = { from: created_from ?? FIRST, to, contentType };
    if (range.from > to) return { items: [] };
    const pages = await Promise.all(
      Array.from({ length: SHARDS }, (_, shard) =>
        // One more than the page holds: the row of the cursor itself may be read once more.
        this.#index.read(listPartition({ tenant_id, env, status }, shard), { ...range, limit: limit + 1 }),
      ),
    );
    // Up to the newest end every shard has been looked at; beyond it a shard may hold rows that were not read.
    const horizon = newest(pages.flatMap(({ end }) => end ?? []));
    const found = pages
      .flatMap(({ rows }) => rows)
      .filter(({ position }) => position < before && position >= (horizon ?? FIRST))
      .sort((a, b) => (a.position < b.position ? 1 : -1));
    const page = found.slice(0, limit);
    const next = page.length < found.length ? page.at(-1)?.position : horizon;
    return {
      items: await this.#assetsOf({ tenant_id, env }, status, page),
      ...(next !== undefined && { next_cursor: Buffer.from(next).toString('base64url') }),
    };
  }

  /** The assets of rows, as they are by now. An asset that has left its place in the list is left out. */
  async #assetsOf(
    tenant: { readonly tenant_id: string; readonly env: string },
    status: RawAsset['status'],
    rows: readonly IndexRow[],
  ): Promise<RawAsset[]> {
    const keys = rows.map(({ position }) => ({ ...tenant, asset_id: position.slice(-36) }));
    const own = keys.filter((key, index) => partitionKey(key) === rows[index]?.pk);
    if (own.length < keys.length) {
      log('error', "rows of the index are not the tenant's", { ...tenant, rows: keys.length - own.length });
      putMetric(METRIC.foreignRows, 'Count', [keys.length - own.length]);
    }
    const assets = new Map<Position, RawAsset>();
    for (const record of await Promise.all(own.map((key) => this.#assets.find(key)))) {
      if (record && isRaw(record.asset)) assets.set(listKey(record.asset).list_sk, record.asset);
    }
    return rows.flatMap(({ position }) => {
      const asset = assets.get(position);
      return asset?.status === status ? [asset] : [];
    });
  }
}

function newest(positions: readonly Position[]): Position | undefined {
  return positions.reduce<Position | undefined>(
    (found, position) => (found === undefined || position > found ? position : found),
    undefined,
  );
}

function readCursor(cursor: string): Position {
  const position = Buffer.from(cursor, 'base64url').toString();
  if (POSITION.test(position)) return position;
  const fields = [{ path: 'cursor', message: 'is no cursor of this service' }];
  throw new RawStorageError('invalid_request', 'The cursor is malformed', { fields });
}
