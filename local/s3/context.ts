import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { S3Authorization } from './authorization.ts';
import type { Cause } from './notifications.ts';
import type { Target } from './target.ts';
import type { VersionStore } from './version-store.ts';

export interface Bucket {
  readonly name: string;
  /** Forms are taken by versioned buckets only. */
  readonly versioned: boolean;
  /** Whether EventBridge is told of what changes its objects. */
  readonly notifies?: boolean;
}

/** Describes a request that changes an object, where EventBridge is told of it. */
export function causeOf(
  { notifies = false }: Bucket,
  reason: Cause['reason'],
  request: IncomingMessage,
  response: ServerResponse,
): Cause | undefined {
  if (!notifies) return undefined;
  return {
    eventId: randomUUID(),
    reason,
    requestId: String(response.getHeader('x-amz-request-id')),
    sourceIp: request.socket.remoteAddress ?? '',
  };
}

/** What an operation that is allowed works on. */
export interface S3Context {
  readonly target: Target;
  readonly bucket: Bucket;
  readonly store: VersionStore;
  /** For what the answer says only to a signer who may do more. */
  readonly authorization: S3Authorization;
  /** When the request came. */
  readonly now: Date;
}
