import { type AssetRecord, epochSeconds } from '#core/assets/asset-record';

/** The state of a record, as the table of states in docs/lifecycle.md names it. */
export function stateOf(record: AssetRecord | undefined): string {
  if (record === undefined) return 'none';
  const { status } = record.asset;
  const isDue = record.ttl !== undefined && record.ttl <= epochSeconds(new Date());
  return isDue && (status === 'presigned' || status === 'deleted') ? `${status} and due` : status;
}
