import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { setImmediate as nextTurn } from 'node:timers/promises';
import * as v from 'valibot';
import { ERRORS } from '#contract/errors';
import { EVENT_TYPES } from '#contract/outbox-entry';
import { TenantId } from '#contract/tenant';
import type { StoredEvent } from '../eventbridge/put-events.ts';
import type { DeliveredEvent } from '../eventbridge/rules.ts';
import { sendJson } from '../http/loopback-server.ts';
import { describeIssue, pathOf } from './issue-wording.ts';
import { readJson } from './request.ts';

/** Keeps events, and can deliver one again. */
export interface Archive {
  /** Every event, oldest first. */
  events(): readonly StoredEvent[];
  /** @returns to how many targets the event is delivered */
  deliver(event: DeliveredEvent): number;
}

const Timestamp = v.pipe(v.string(), v.isoTimestamp('is not a time such as 2026-01-31T12:00:00Z'));

const ReplayRequest = v.strictObject({
  type: v.optional(v.picklist(EVENT_TYPES, `is none of ${EVENT_TYPES.join(', ')}`)),
  tenant_id: v.optional(TenantId),
  /** Only events whose time, to the second, is at `from` or later, and before `to`. */
  from: v.optional(Timestamp),
  to: v.optional(Timestamp),
});
const NAMES = Object.keys(ReplayRequest.entries);
type ReplayRequest = v.InferOutput<typeof ReplayRequest>;

/**
 * Delivers kept events again, as EventBridge's replay does: the same events, to the rules that there are now, with the
 * replay's name in their envelope. https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-replay-archived-event.html
 */
export async function replay(
  archive: Archive,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const parsed = v.safeParse(ReplayRequest, await readJson(request));
  if (!parsed.success) return refuse(response, parsed.issues);
  const isAsked = filterOf(parsed.output);
  const name = `replay-${randomUUID()}`;
  const events = archive.events().filter(isAsked);
  let deliveries = 0;
  for (const event of events) {
    deliveries += archive.deliver({ ...event, 'replay-name': name });
    // Each delivery is written to disk synchronously: other requests are served in between.
    await nextTurn();
  }
  sendJson(response, 200, { replay_name: name, events: events.length, deliveries });
}

function filterOf({ type, tenant_id, from, to }: ReplayRequest): (event: StoredEvent) => boolean {
  const [first, end] = [Date.parse(from ?? ''), Date.parse(to ?? '')];
  return (event) => {
    const time = Date.parse(event.time);
    // Without `from` or `to` the bound is NaN, than which no time is earlier or later.
    if (time < first || time >= end) return false;
    if (type !== undefined && event['detail-type'] !== type) return false;
    return tenant_id === undefined || event.detail['tenant_id'] === tenant_id;
  };
}

/** Answers a problem of RFC 9457, with the code that the service's API has for it. */
function refuse(response: ServerResponse, issues: readonly v.BaseIssue<unknown>[]): void {
  const { status, title } = ERRORS.invalid_request;
  const problem = {
    type: 'urn:nexus:raw-storage:problem:invalid_request',
    title,
    status,
    detail: 'A replay is asked for by an object with type, tenant_id, from and to, each if wanted',
    code: 'invalid_request',
    request_id: randomUUID(),
    errors: issues.map((issue) => ({ path: pathOf(issue), message: describeIssue(issue, NAMES) })),
  };
  sendJson(response, status, problem, 'application/problem+json');
}
