import * as v from 'valibot';
import { isJsonObject, parseJson } from '#contract/json';
import { AwsError } from '../http/aws-error.ts';
import { ACCOUNT_ID, REGION } from '../template/account.ts';

/** The bus that every account has, beside those that its stacks make. */
export const DEFAULT_BUS = 'default';

/** An event as EventBridge delivers it. https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-events-structure.html */
export interface StoredEvent {
  readonly version: '0';
  readonly id: string;
  readonly 'detail-type': string;
  readonly source: string;
  readonly account: string;
  /** RFC 3339, to the second. */
  readonly time: string;
  readonly region: string;
  readonly resources: readonly string[];
  readonly detail: Readonly<Record<string, unknown>>;
}

const PutEventsEntry = v.object({
  Source: v.optional(v.string()),
  DetailType: v.optional(v.string()),
  Detail: v.optional(v.string()),
  EventBusName: v.optional(v.string(), DEFAULT_BUS),
  Resources: v.optional(v.array(v.string()), []),
  /** Epoch seconds. */
  Time: v.optional(v.number()),
});
const Request = v.object({ Entries: v.array(PutEventsEntry) });

export type PutEventsEntry = v.InferOutput<typeof PutEventsEntry>;

/** One entry of a call is not taken; the others may be. */
export class RefusedEntryError extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.name = 'RefusedEntryError';
    this.code = code;
  }
}

const MAX_ENTRIES = 10;
const MAX_TOTAL_BYTES = 256 * 1024;

/**
 * Reads a call's entries. https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html
 *
 * @throws AwsError 400 where the call as a whole is refused
 */
export function readEntries(input: object): readonly PutEventsEntry[] {
  const parsed = v.safeParse(Request, input);
  if (!parsed.success) throw new AwsError(400, 'SerializationException', parsed.issues[0].message);
  const { Entries } = parsed.output;
  if (Entries.length < 1 || Entries.length > MAX_ENTRIES) {
    throw new AwsError(400, 'ValidationException', `A call has from 1 to ${MAX_ENTRIES} entries.`);
  }
  if (Entries.reduce((total, entry) => total + sizeOf(entry), 0) > MAX_TOTAL_BYTES) {
    throw new AwsError(
      400,
      'ValidationException',
      'Total size of the entries in the request is over the limit.',
    );
  }
  return Entries;
}

/** https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-putevents.html#eb-putevent-size */
function sizeOf({ Source = '', DetailType = '', Detail = '', Resources, Time }: PutEventsEntry): number {
  const texts = [Source, DetailType, Detail, ...Resources];
  return texts.reduce((total, text) => total + Buffer.byteLength(text), Time === undefined ? 0 : 14);
}

/**
 * Makes the event that EventBridge would deliver for an entry.
 *
 * @throws RefusedEntryError
 */
export function toEvent(entry: PutEventsEntry, id: string, now: Date): StoredEvent {
  const source = required(entry, 'Source');
  const detailType = required(entry, 'DetailType');
  const detail = parseDetail(required(entry, 'Detail'));
  if (source.startsWith('aws.')) {
    throw new RefusedEntryError('NotAuthorizedForSourceException', 'Not authorized for the source.');
  }
  return {
    version: '0',
    id,
    'detail-type': detailType,
    source,
    account: ACCOUNT_ID,
    time: formatTime(entry.Time === undefined ? now : new Date(entry.Time * 1000)),
    region: REGION,
    resources: entry.Resources,
    detail,
  };
}

/** The name of an entry's bus, which the entry may name by its ARN too. */
export function busName({ EventBusName }: Pick<PutEventsEntry, 'EventBusName'>): string {
  return EventBusName.replace(/^arn:aws:events:[^:]*:\d*:event-bus\//, '');
}

function required(entry: PutEventsEntry, name: 'Source' | 'DetailType' | 'Detail'): string {
  const value = entry[name];
  if (value) return value;
  const reason = `Parameter ${name} is not valid. Reason: ${name} is a required argument.`;
  throw new RefusedEntryError('InvalidArgument', reason);
}

function parseDetail(text: string): StoredEvent['detail'] {
  try {
    const detail = parseJson(text);
    if (isJsonObject(detail)) return detail;
  } catch {}
  throw new RefusedEntryError('MalformedDetail', 'Detail is malformed.');
}

function formatTime(time: Date): string {
  if (Number.isNaN(time.getTime()))
    throw new RefusedEntryError('InvalidArgument', 'Parameter Time is not valid.');
  return time.toISOString().replace(/\.\d+/, '');
}
