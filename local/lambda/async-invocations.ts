import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { Deliveries, type Exhausted, type RetryPolicy } from '../disk/deliveries.ts';
import { FunctionError } from './sandbox.ts';

/** A function that is invoked asynchronously. */
export interface AsyncFunction {
  readonly name: string;
  readonly arn: string;
  /** Lambda sends to the queue with this role. */
  readonly roleArn: string;
  readonly retryPolicy: RetryPolicy;
  /** The ARN of the queue that takes events the function keeps failing on. @default - they are dropped */
  readonly onFailure?: string;
}

export interface AsyncInvocationsOptions {
  /** The directory that keeps events until they are delivered or given up, one file a function. */
  readonly dir: string;
  readonly functions: readonly AsyncFunction[];
  /** Runs the function; a rejection is its failure. */
  readonly invoke: (name: string, payload: unknown) => Promise<unknown>;
  readonly send: (queueArn: string, body: string) => Promise<void>;
  /** How long Lambda waits after a first failure: a minute there. Doubled with each, in milliseconds. @default 100 */
  readonly firstBackoffMs?: number | undefined;
  /** @default the wall clock */
  readonly now?: (() => Date) | undefined;
}

/**
 * Lambda's asynchronous invocation: takes an event at once and hands it to the function later, at least once, again where
 * the function fails. https://docs.aws.amazon.com/lambda/latest/dg/invocation-async.html
 */
export class AsyncInvocations {
  readonly #queues: ReadonlyMap<string, Deliveries<unknown>>;

  constructor(options: AsyncInvocationsOptions) {
    const { dir, functions, invoke, send, firstBackoffMs, now = () => new Date() } = options;
    this.#queues = new Map(
      functions.map((fn) => [
        fn.name,
        new Deliveries<unknown>({
          path: join(dir, `${fn.name}.jsonl`),
          retryPolicy: fn.retryPolicy,
          firstBackoffMs,
          now: () => now().getTime(),
          attempt: (payload) => invoke(fn.name, payload),
          async giveUp(payload, reason) {
            if (fn.onFailure === undefined) return;
            await send(fn.onFailure, JSON.stringify(toInvocationRecord(fn, payload, reason, now())));
          },
        }),
      ]),
    );
  }

  start(): void {
    for (const queue of this.#queues.values()) queue.start();
  }

  /** Resolves once the event is taken; @throws Error where there is no such function. */
  async invoke(name: string, payload: unknown): Promise<void> {
    const queue = this.#queues.get(name);
    if (queue === undefined) throw new Error(`No function ${name} takes events`);
    queue.add(payload);
  }

  async close(): Promise<void> {
    await Promise.all([...this.#queues.values()].map((queue) => queue.close()));
  }
}

/** https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html */
function toInvocationRecord({ arn }: AsyncFunction, requestPayload: unknown, reason: Exhausted, now: Date) {
  const { condition, attempts, error } = reason;
  return {
    version: '1.0',
    timestamp: now.toISOString(),
    requestContext: {
      requestId: randomUUID(),
      functionArn: `${arn}:$LATEST`,
      condition,
      approximateInvokeCount: attempts,
    },
    requestPayload,
    ...(error instanceof FunctionError && {
      responseContext: { statusCode: 200, executedVersion: '$LATEST', functionError: 'Unhandled' },
      responsePayload: { errorType: error.type, errorMessage: error.message },
    }),
  };
}
