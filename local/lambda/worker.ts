/**
 * What runs inside a function's worker: loads the bundle once, then answers invocations as the Lambda runtime does.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { format, inspect } from 'node:util';
import { parentPort, workerData } from 'node:worker_threads';
import type { FromWorker, SandboxData, ToWorker } from './protocol.ts';
import { followClock } from './shared-clock.ts';

const port = parentPort;
if (port === null) throw new Error('worker.ts runs as a worker only');

const data = workerData as SandboxData;
/** Deadlines are by the wall clock. */
const wallClock = Date.now;
if (data.clock !== undefined) followClock(data.clock);
const requestId = new AsyncLocalStorage<string>();
const post = (message: FromWorker) => port.postMessage(message);

for (const level of ['debug', 'info', 'log', 'warn', 'error'] as const) {
  console[level] = (...args: unknown[]) => {
    const message = args.length === 1 && typeof args[0] === 'object' ? args[0] : format(...args);
    const line = { level: level === 'log' ? 'info' : level, requestId: requestId.getStore(), message };
    post({ kind: 'log', line: toJson(line) });
  };
}

type Handler = (event: unknown, context: object) => unknown;

const handler = load();

if (handler !== undefined) {
  post({ kind: 'ready' });
  port.on('message', async (invocation: ToWorker) => {
    const { id } = invocation;
    try {
      const result = await requestId.run(invocation.requestId, () =>
        handler(JSON.parse(invocation.payload), contextOf(invocation)),
      );
      post({ kind: 'result', id, result: JSON.stringify(result) ?? 'null' });
    } catch (error) {
      post({ kind: 'failure', id, ...describe(error) });
    }
  });
}

function load(): Handler | undefined {
  const [file = '', name = ''] = data.handler.split('.');
  try {
    const exported = createRequire(import.meta.url)(join(data.directory, file))[name];
    if (typeof exported === 'function') return exported;
    post({
      kind: 'init-failure',
      type: 'Runtime.HandlerNotFound',
      message: `${data.handler} is not a function`,
    });
  } catch (error) {
    post({ kind: 'init-failure', ...describe(error) });
  }
  return undefined;
}

/** https://docs.aws.amazon.com/lambda/latest/dg/nodejs-context.html */
function contextOf(invocation: ToWorker): object {
  return {
    awsRequestId: invocation.requestId,
    functionName: data.name,
    functionVersion: '$LATEST',
    invokedFunctionArn: data.arn,
    memoryLimitInMB: String(data.memoryMb),
    callbackWaitsForEmptyEventLoop: true,
    getRemainingTimeInMillis: () => Math.max(0, invocation.deadline - wallClock()),
  };
}

function describe(error: unknown): { type: string; message: string; stack?: string } {
  if (!(error instanceof Error)) return { type: typeof error, message: String(error) };
  return {
    type: error.name,
    message: error.message,
    ...(error.stack !== undefined && { stack: error.stack }),
  };
}

function toJson(line: object): string {
  try {
    return JSON.stringify(line);
  } catch {
    return JSON.stringify({ level: 'info', message: inspect(line) });
  }
}
