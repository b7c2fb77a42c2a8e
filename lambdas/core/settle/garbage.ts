import { type AssetRecord, isRaw, type PresignedRecord } from '#core/assets/asset-record';

/**
 * Whether a version can never be recorded again, and is not recorded: a fact that never turns false, if the version was there
 * before the record was read. A life that is open may record its own version yet; a later one has another mark, which no
 * version has that is there already.
 */
export function isGarbage(record: AssetRecord | undefined, key: string, versionId: string): boolean {
  return !isOpenAt(record, key) && recordedVersion(record, key) !== versionId;
}

/** Whether a version under this key may become the recorded one. */
export function isOpenAt(record: AssetRecord | undefined, key: string): record is PresignedRecord {
  return record?.asset.status === 'presigned' && record.asset.key === key;
}

/** The version of this key that a record stands for. */
function recordedVersion(record: AssetRecord | undefined, key: string): string | undefined {
  return record && isRaw(record.asset) && record.asset.key === key ? record.asset.version_id : undefined;
}
