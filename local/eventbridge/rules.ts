import { join } from 'node:path';
import { Deliveries, type Exhausted, type RetryPolicy } from '../disk/deliveries.ts';
import type { EventPattern } from '../event-pattern/pattern.ts';
import type { StoredEvent } from './put-events.ts';

/** A rule of a bus, and who is told of the events that it matches. */
export interface Rule {
  /** The bus that the rule is on. */
  readonly bus: string;
  readonly name: string;
  readonly arn: string;
  readonly pattern: EventPattern;
  readonly targets: readonly RuleTarget[];
}

/** A function that a rule invokes. */
export interface RuleTarget {
  /** Unique in the rule. */
  readonly id: string;
  readonly functionName: string;
  readonly functionArn: string;
  readonly retryPolicy: RetryPolicy;
  /** The ARN of the queue for what cannot be handed to the function; without one that is dropped. */
  readonly deadLetterQueue?: string;
}

/** An event as a target gets it. */
export type DeliveredEvent = StoredEvent & { readonly 'replay-name'?: string };

export interface DeadLetter {
  readonly queueArn: string;
  /** The event. */
  readonly body: string;
  readonly attributes: Readonly<Record<string, string>>;
}

export interface RulesOptions {
  /** Where what is not handed over is kept, a file a target. */
  readonly dir: string;
  readonly rules: readonly Rule[];
  /** Hands an event to a function; a rejection is that it cannot take any. */
  readonly invoke: (functionName: string, event: DeliveredEvent) => Promise<void>;
  readonly sendDeadLetter: (letter: DeadLetter) => Promise<void>;
  /** How long a target waits after a first failure, in milliseconds; doubled with each. @default 100 */
  readonly firstBackoffMs?: number | undefined;
}

/**
 * The rules of a bus: hands each event to the targets of every rule that it matches, at least once, again while a
 * target takes none. https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-event-delivery.html
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

  /** Returns once the event is on disk for each target that it is for. @returns how many those are */
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
  { dir, invoke, sendDeadLetter, firstBackoffMs }: RulesOptions,
) {
  return new Deliveries<DeliveredEvent>({
    path: join(dir, `${rule.name}.${target.id}.jsonl`),
    retryPolicy: target.retryPolicy,
    firstBackoffMs,
    attempt: (event) => invoke(target.functionName, event),
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
    TARGET_ARN: target.functionArn,
    ERROR_CODE: 'SDK_CLIENT_ERROR',
    ERROR_MESSAGE: error instanceof Error ? error.message : 'It was never attempted',
    EXHAUSTED_RETRY_CONDITION:
      condition === 'RetriesExhausted' ? 'MaximumRetryAttempts' : 'MaximumEventAgeInSeconds',
    RETRY_ATTEMPTS: String(Math.max(0, attempts - 1)),
  };
}
