import { ACCOUNT_ID, REGION } from '../template/account.ts';
import type { ObjectChange } from './notifications.ts';

/**
 * The event that S3 sends to EventBridge, on the account's default bus.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html
 */
export function toEventMessage({ version, removed, cause, at, number }: ObjectChange) {
  const { bucket, key, versionId } = version;
  const isDeletion = removed || version.deleted === true;
  return {
    version: '0' as const,
    id: cause.eventId,
    'detail-type': isDeletion ? 'Object Deleted' : 'Object Created',
    source: 'aws.s3',
    account: ACCOUNT_ID,
    time: at.replace(/\.\d+/, ''),
    region: REGION,
    resources: [`arn:aws:s3:::${bucket}`],
    detail: {
      version: '0',
      bucket: { name: bucket },
      object: {
        key,
        ...(!isDeletion && { size: version.size, etag: version.etag.replaceAll('"', '') }),
        'version-id': versionId,
        // Events of one key are in the order of their sequencers.
        sequencer: number.toString(16).toUpperCase().padStart(16, '0'),
      },
      'request-id': cause.requestId,
      requester: ACCOUNT_ID,
      'source-ip-address': cause.sourceIp,
      reason: cause.reason,
      ...(isDeletion && { 'deletion-type': removed ? 'Permanently Deleted' : 'Delete Marker Created' }),
    },
  };
}
