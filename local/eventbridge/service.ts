import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { JsonService } from '../endpoint/json-service.ts';
import type { ServiceOperation } from '../endpoint/service.ts';
import { AwsError } from '../http/aws-error.ts';
import { ACCOUNT_ID, REGION } from '../template/account.ts';
import { Bus } from './bus.ts';
import {
  busName,
  DEFAULT_BUS,
  type PutEventsEntry,
  RefusedEntryError,
  readEntries,
  toEvent,
} from './put-events.ts';

export interface EventBridgeOptions {
  /** Each bus keeps its events in a directory of this one. */
  readonly dir: string;
  readonly names: readonly string[];
  /** @default - none */
  readonly rules?: readonly RuleDescription[];
  /** @default the wall clock */
  readonly now?: () => Date;
}

/** A rule as ListRules answers it: https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_Rule.html */
export interface RuleDescription {
  readonly Name: string;
  readonly Arn: string;
  readonly EventBusName: string;
  readonly EventPattern: string;
  readonly State: 'ENABLED' | 'DISABLED';
}

interface EntryResult {
  readonly EventId?: string;
  readonly ErrorCode?: string;
  readonly ErrorMessage?: string;
}

/** EventBridge: the account's buses, and the operations on them. `Subscriptions` runs their rules. */
export class EventBridge implements JsonService {
  readonly protocol = 'json';
  readonly version = '1.1';
  readonly targetPrefix = 'AWSEvents';
  readonly namespace = 'com.amazonaws.events';
  readonly signingName = 'events';
  readonly denied = [400, 'AccessDeniedException'] as const;
  readonly unknownKey = [400, 'UnrecognizedClientException'] as const;
  readonly expiredToken = [400, 'ExpiredTokenException'] as const;

  /** By name. */
  readonly buses: ReadonlyMap<string, Bus>;
  readonly #now: () => Date;
  readonly #rules: readonly RuleDescription[];

  readonly operations: Readonly<
    Record<'PutEvents' | 'DescribeEventBus' | 'ListEventBuses' | 'ListRules', ServiceOperation<object>>
  > = {
    ListEventBuses: {
      access: () => [{ action: 'events:ListEventBuses', resource: busArn('*') }],
      handle: () => ({ EventBuses: [...this.buses.keys()].map((Name) => ({ Name, Arn: busArn(Name) })) }),
    },
    ListRules: {
      access: (input) => [{ action: 'events:ListRules', resource: busArn(ruledBus(input)) }],
      handle: (input) => {
        const name = this.#require(ruledBus(input));
        return { Rules: this.#rules.filter(({ EventBusName }) => EventBusName === name) };
      },
    },
    PutEvents: {
      access: (input) =>
        [...Map.groupBy(readEntries(input), busName)].map(([name, entries]) => ({
          action: 'events:PutEvents',
          resource: busArn(name),
          context: { 'events:source': [...new Set(entries.map(({ Source }) => Source ?? ''))] },
        })),
      handle: async (input) => {
        const entries = readEntries(input);
        const Entries = entries.map((entry) => this.#put(entry));
        await Promise.all([...new Set(entries.map(busName))].map((name) => this.buses.get(name)?.synced()));
        return { FailedEntryCount: Entries.filter(({ EventId }) => EventId === undefined).length, Entries };
      },
    },
    DescribeEventBus: {
      access: (input) => [{ action: 'events:DescribeEventBus', resource: busArn(describedBus(input)) }],
      handle: (input) => {
        const name = this.#require(describedBus(input));
        return { Name: name, Arn: busArn(name) };
      },
    },
  };

  constructor({ dir, names, rules = [], now = () => new Date() }: EventBridgeOptions) {
    this.#rules = rules;
    this.buses = new Map(names.map((name) => [name, new Bus(join(dir, name))]));
    this.#now = now;
  }

  close(): void {
    for (const bus of this.buses.values()) bus.close();
  }

  /** @throws AwsError 400 ResourceNotFoundException */
  #require(name: string): string {
    if (this.buses.has(name)) return name;
    throw new AwsError(400, 'ResourceNotFoundException', `Event bus ${name} does not exist.`);
  }

  #put(entry: PutEventsEntry): EntryResult {
    try {
      const name = busName(entry);
      const bus = this.buses.get(name);
      const event = toEvent(entry, randomUUID(), this.#now());
      if (bus === undefined) {
        // EventBridge would take such an event and drop it. Here the sender learns why nothing arrives.
        throw new RefusedEntryError('ResourceNotFoundException', `Event bus ${name} does not exist.`);
      }
      bus.put(event);
      return { EventId: event.id };
    } catch (error) {
      if (!(error instanceof RefusedEntryError)) throw error;
      return { ErrorCode: error.code, ErrorMessage: error.message };
    }
  }
}

const busArn = (name: string) => `arn:aws:events:${REGION}:${ACCOUNT_ID}:event-bus/${name}`;

function ruledBus(input: { readonly EventBusName?: string }): string {
  return busName({ EventBusName: input.EventBusName ?? DEFAULT_BUS });
}

function describedBus(input: { readonly Name?: string }): string {
  return busName({ EventBusName: input.Name ?? DEFAULT_BUS });
}
