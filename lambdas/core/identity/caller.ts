import { randomUUID } from 'node:crypto';
import type { EventType, OutboxEntry } from '#contract/outbox-entry';
import type { TenantContext } from '#contract/tenant';

/** The caller of a request, with the ids under which the request is found in logs and traces. */
export interface Caller extends TenantContext {
  readonly request_id: string;
  readonly trace_id: string;
}

/** Whoever makes a change, and in which request. */
export type Actor = Pick<Caller, 'user_id' | 'request_id' | 'trace_id'>;

/** The outbox entry of a change that `actor` makes at `now`. */
export function outboxEntry(actor: Actor, event_type: EventType, sequence: number, now: Date): OutboxEntry {
  return {
    event_id: randomUUID(),
    event_type,
    sequence,
    occurred_at: now.toISOString(),
    user_id: actor.user_id,
    request_id: actor.request_id,
    trace_id: actor.trace_id,
  };
}
