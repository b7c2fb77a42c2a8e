import { join } from 'node:path';
import type { Principals } from '../iam/principals.ts';
import { AsyncInvocations } from '../lambda/async-invocations.ts';
import { readAsyncFunctions } from '../lambda/template.ts';
import type { Queue } from '../sqs/queue.ts';
import type { StackTemplate } from '../template/template.ts';
import { requireQueueAccess } from './permissions.ts';
import { type DeliveredEvent, Rules } from './rules.ts';
import { readRules } from './template.ts';

export interface SubscriptionsOptions {
  /** Where what is not delivered is kept. */
  readonly dir: string;
  readonly template: StackTemplate;
  readonly iam: Principals;
  /** The stack's queues, by name. */
  readonly queues: ReadonlyMap<string, Queue>;
  /** Runs a function. */
  readonly invoke: (name: string, payload: unknown) => Promise<unknown>;
  readonly firstBackoffMs: number;
}

/** What becomes of an event on the bus: from the rules that it matches to the functions that they invoke. */
export class Subscriptions {
  readonly #rules: Rules;
  readonly #invocations: AsyncInvocations;

  /** @throws Error for a rule that is not run locally */
  constructor({ dir, template, iam, queues, invoke, firstBackoffMs }: SubscriptionsOptions) {
    const rules = readRules(template);
    const targets = new Set(rules.flatMap((rule) => rule.targets.map(({ functionName }) => functionName)));
    const functions = readAsyncFunctions(template).filter(({ name }) => targets.has(name));
    requireQueueAccess(iam, rules, functions);
    const queue = (arn: string) => queues.get(arn.slice(arn.lastIndexOf(':') + 1));
    this.#invocations = new AsyncInvocations({
      dir: join(dir, 'invocations'),
      functions,
      firstBackoffMs,
      invoke,
      send: async (arn, body) => void queue(arn)?.send(body),
    });
    this.#rules = new Rules({
      dir: join(dir, 'rules'),
      rules,
      firstBackoffMs,
      invoke: (name, event) => this.#invocations.invoke(name, event),
      sendDeadLetter: async ({ queueArn, body, attributes }) => void queue(queueArn)?.send(body, attributes),
    });
  }

  /** Begins to deliver, with what an earlier process has left. */
  start(): void {
    this.#invocations.start();
    this.#rules.start();
  }

  /** Returns once the event is on disk for each target that it is for. @returns how many those are */
  take(event: DeliveredEvent): number {
    return this.#rules.take(event);
  }

  async close(): Promise<void> {
    await this.#rules.close();
    await this.#invocations.close();
  }
}
