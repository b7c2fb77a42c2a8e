import { randomUUID } from 'node:crypto';
import type { EventType, OutboxEntry } from '#contract/events';
import type { TenantContext } from '#contract/tenant';

/** The caller of a request, with the ids under which the request is found in logs and traces. */
export interface Caller extends TenantContext {
  readonly request_id: string;
  readonly trace_id: string;
}

/** The outbox entry of a change that `caller` makes at `now`, as an asset's `sequence`-th. */
export function outboxEntry(caller: Caller, event_type: EventType, sequence: number, now: Date): OutboxEntry {
  return {
    event_id: randomUUID(),
    event_type,
    sequence,
    occurred_at: now.toISOString(),
    user_id: caller.user_id,
    request_id: caller.request_id,
    trace_id: caller.trace_id,
  };
}
