import { join } from 'node:path';
import { Deliveries, type Exhausted, type RetryPolicy } from '../disk/deliveries.ts';
import type { EventPattern } from '../event-pattern/pattern.ts';
import type { StoredEvent } from './put-events.ts';

/** A rule of a bus, with the targets that its events go to. */
export interface Rule {
  /** The bus that the rule is on. */
  readonly bus: string;
  readonly name: string;
  readonly arn: string;
  readonly pattern: EventPattern;
  readonly targets: readonly RuleTarget[];
}

/** A function that a rule invokes asynchronously, or a queue that it sends to. */
export type RuleTarget = FunctionTarget | QueueTarget;

export interface FunctionTarget extends Target {
  readonly functionName: string;
  readonly functionArn: string;
}

export interface QueueTarget extends Target {
  readonly queueArn: string;
}

interface Target {
  /** Unique in the rule. */
  readonly id: string;
  readonly retryPolicy: RetryPolicy;
  /** The ARN of the queue for events that could not be handed over. @default - they are dropped */
  readonly deadLetterQueue?: string;
}

/** An event as it is delivered to a target. */
export type DeliveredEvent = StoredEvent & { readonly 'replay-name'?: string };

export interface DeadLetter {
  readonly queueArn: string;
  /** The event in JSON. */
  readonly body: string;
  readonly attributes: Readonly<Record<string, string>>;
}

export interface RulesOptions {
  /** The directory that keeps the events which wait to be handed over, in one file for each target. */
  readonly dir: string;
  readonly rules: readonly Rule[];
  /** Hands an event to a function. A rejection means that the function could not take it, and it is tried again. */
  readonly invoke: (functionName: string, event: DeliveredEvent) => Promise<void>;
  /** Sends an event to a queue that is a target. A rejection means that it is tried again. */
  readonly send: (queueArn: string, event: DeliveredEvent) => Promise<void>;
  readonly sendDeadLetter: (letter: DeadLetter) => Promise<void>;
  /** How long a target waits after a first failure, in milliseconds. The wait doubles with each failure. @default 100 */
  readonly firstBackoffMs?: number | undefined;
  /** Epoch milliseconds. @default the wall clock */
  readonly now?: (() => number) | undefined;
}

/**
 * The rules of a bus. Each event is handed to the targets of every rule that it matches, at least once, and again while a
 * target cannot take it. https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-event-delivery.html
 */
export class Rules {
  readonly #rules: readonly {
    readonly pattern: EventPattern;
    readonly targets: Deliveries<DeliveredEvent>[];
  }[];

  constructor(options: RulesOptions) {
    this.#rules = options.rules.map((rule) => ({
      pattern: rule.pattern,
      targets: rule.targets.map((target) => deliveriesTo(rule, target, options)),
    }));
  }

  start(): void {
    for (const target of this.#targets()) target.start();
  }

  /** Takes an event, and returns once it is on disk for each target. @returns how many targets it goes to */
  take(event: DeliveredEvent): number {
    const targets = this.#rules
      .filter(({ pattern }) => pattern.matches(event))
      .flatMap(({ targets }) => targets);
    for (const target of targets) target.add(event);
    return targets.length;
  }

  async close(): Promise<void> {
    await Promise.all(this.#targets().map((target) => target.close()));
  }

  #targets(): Deliveries<DeliveredEvent>[] {
    return this.#rules.flatMap(({ targets }) => targets);
  }
}

function deliveriesTo(
  rule: Rule,
  target: RuleTarget,
  { dir, invoke, send, sendDeadLetter, firstBackoffMs, now }: RulesOptions,
) {
  return new Deliveries<DeliveredEvent>({
    path: join(dir, `${rule.name}.${target.id}.jsonl`),
    retryPolicy: target.retryPolicy,
    firstBackoffMs,
    now,
    attempt: (event) =>
      'queueArn' in target ? send(target.queueArn, event) : invoke(target.functionName, event),
    async giveUp(event, reason) {
      if (target.deadLetterQueue === undefined) return;
      await sendDeadLetter({
        queueArn: target.deadLetterQueue,
        body: JSON.stringify(event),
        attributes: describe(rule, target, reason),
      });
    },
  });
}

/** https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-event-delivery.html#eb-rule-dlq */
function describe(
  rule: Rule,
  target: RuleTarget,
  { condition, attempts, error }: Exhausted,
): Record<string, string> {
  return {
    RULE_ARN: rule.arn,
    TARGET_ARN: 'queueArn' in target ? target.queueArn : target.functionArn,
    ERROR_CODE: 'SDK_CLIENT_ERROR',
    ERROR_MESSAGE: error instanceof Error ? error.message : 'It was never attempted',
    EXHAUSTED_RETRY_CONDITION:
      condition === 'RetriesExhausted' ? 'MaximumRetryAttempts' : 'MaximumEventAgeInSeconds',
    RETRY_ATTEMPTS: String(Math.max(0, attempts - 1)),
  };
}
