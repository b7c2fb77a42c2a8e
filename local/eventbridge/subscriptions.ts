import { join } from 'node:path';
import type { Principals } from '../iam/principals.ts';
import { AsyncInvocations } from '../lambda/async-invocations.ts';
import { readAsyncFunctions } from '../lambda/template.ts';
import type { Sqs } from '../sqs/service.ts';
import type { StackTemplate } from '../template/template.ts';
import type { Bus } from './bus.ts';
import { requireQueueAccess } from './permissions.ts';
import { type DeliveredEvent, type Rule, Rules, type RuleTarget } from './rules.ts';
import { readRules } from './template.ts';

export interface SubscriptionsOptions {
  /** The directory that keeps what is not delivered yet. */
  readonly dir: string;
  readonly template: StackTemplate;
  readonly iam: Principals;
  /** By name. */
  readonly buses: ReadonlyMap<string, Bus>;
  /** Holds the queues that are targets, and those for what could not be delivered. */
  readonly sqs: Sqs;
  /** Runs a function. A rejection is the function's failure. */
  readonly invoke: (name: string, payload: unknown) => Promise<unknown>;
  readonly firstBackoffMs: number;
  /** @default the wall clock */
  readonly now?: () => Date;
}

/** Runs the rules of every bus: an event that a rule matches invokes its functions asynchronously, and is sent to its queues. */
export class Subscriptions {
  /** The rules of each bus, by its name. */
  readonly #rules: ReadonlyMap<string, Rules>;
  readonly #invocations: AsyncInvocations;

  /** @throws UnsupportedTemplateError for a rule that is not run locally, or whose failures nobody could keep */
  constructor(options: SubscriptionsOptions) {
    const { dir, template, iam, buses, sqs, invoke, firstBackoffMs, now = () => new Date() } = options;
    const rules = readRules(template);
    const targets = new Set(rules.flatMap(({ targets }) => targets.map(functionOf)));
    const functions = readAsyncFunctions(template).filter(({ name }) => targets.has(name));
    requireQueueAccess(iam, rules, functions);
    const queue = (arn: string) => sqs.queueByArn(arn);
    this.#invocations = new AsyncInvocations({
      dir: join(dir, 'invocations'),
      functions,
      firstBackoffMs,
      now,
      invoke,
      send: async (arn, body) => void queue(arn)?.send(body),
    });
    const rulesOf = (onBus: readonly Rule[]) =>
      new Rules({
        dir: join(dir, 'rules'),
        rules: onBus,
        firstBackoffMs,
        now: () => now().getTime(),
        invoke: (name, event) => this.#invocations.invoke(name, event),
        send: async (arn, event) => void queue(arn)?.send(JSON.stringify(event)),
        sendDeadLetter: async ({ queueArn, body, attributes }) =>
          void queue(queueArn)?.send(body, attributes),
      });
    const byBus = Map.groupBy(rules, ({ bus }) => bus);
    this.#rules = new Map([...byBus].map(([bus, onBus]) => [bus, rulesOf(onBus)]));
    for (const [name, bus] of buses) bus.subscribe((event) => void this.take(name, event));
  }

  /** Begins to deliver, first the events that an earlier process has left. */
  start(): void {
    this.#invocations.start();
    for (const rules of this.#rules.values()) rules.start();
  }

  /** Takes an event of a bus, and returns once it is on disk for each target. @returns how many targets it goes to */
  take(bus: string, event: DeliveredEvent): number {
    return this.#rules.get(bus)?.take(event) ?? 0;
  }

  async close(): Promise<void> {
    await Promise.all([...this.#rules.values()].map((rules) => rules.close()));
    await this.#invocations.close();
  }
}

/** @returns undefined for a queue */
function functionOf(target: RuleTarget): string | undefined {
  return 'queueArn' in target ? undefined : target.functionName;
}
