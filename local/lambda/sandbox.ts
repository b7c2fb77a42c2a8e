import { randomUUID } from 'node:crypto';
import { Worker } from 'node:worker_threads';
import type { FromWorker, SandboxData, ToWorker } from './protocol.ts';
import { SharedClock } from './shared-clock.ts';

/** One function of the stack, ready to run. */
export interface FunctionDefinition extends SandboxData {
  readonly environment: Readonly<Record<string, string>>;
  readonly timeoutSeconds: number;
}

/** What a caller of Lambda's Invoke sees as a FunctionError; `type` is its errorType. */
export class FunctionError extends Error {
  readonly functionName: string;
  readonly type: string;

  constructor(functionName: string, type: string, message: string) {
    super(message);
    this.name = 'FunctionError';
    this.functionName = functionName;
    this.type = type;
  }
}

interface Pending {
  resolve(result: unknown): void;
  reject(error: FunctionError): void;
  readonly timer: NodeJS.Timeout;
}

/** Takes one line of a function's log: JSON. */
export type FunctionLog = (functionName: string, line: string) => void;

/** One worker that has loaded one function's bundle, with that function's environment and no other. */
export class FunctionSandbox {
  readonly #definition: FunctionDefinition;
  readonly #log: FunctionLog;
  readonly #clock: SharedClock | undefined;
  readonly #worker: Worker;
  readonly #pending = new Map<number, Pending>();
  readonly #loaded: Promise<void>;
  /** Resolves when the worker has ended, whatever ended it. */
  readonly exited: Promise<void>;
  #lastId = 0;
  #retired = false;

  constructor(definition: FunctionDefinition, log: FunctionLog, now?: () => Date) {
    this.#clock = now && new SharedClock(now);
    this.#definition = definition;
    this.#log = log;
    const { environment, timeoutSeconds: _, ...data } = definition;
    this.#worker = new Worker(new URL('./worker.ts', import.meta.url), {
      env: { ...environment },
      workerData: { ...data, ...(this.#clock && { clock: this.#clock.memory }) } satisfies SandboxData,
      execArgv: [],
      resourceLimits: { maxOldGenerationSizeMb: data.memoryMb },
      stdout: true,
      stderr: true,
    });
    for (const output of [this.#worker.stdout, this.#worker.stderr]) {
      output.on('data', (text) => this.#logOutput(String(text)));
    }
    this.exited = new Promise((resolve) => this.#worker.once('exit', () => resolve()));
    this.#loaded = new Promise((resolve, reject) => this.#listen(resolve, reject));
    // Whoever awaits `loaded` or invokes learns of a failed start; without them it must not end this process.
    this.#loaded.catch(() => {});
  }

  /** Resolves once the bundle is loaded; rejects with FunctionError if that fails. */
  get loaded(): Promise<void> {
    return this.#loaded;
  }

  /** Whether the worker takes no further invocations: it has crashed, or holds one that ran out of time. */
  get retired(): boolean {
    return this.#retired;
  }

  /** @throws FunctionError where the handler throws, runs out of time, or its worker ends. */
  async invoke(payload: unknown): Promise<unknown> {
    await this.#loaded;
    this.#clock?.set();
    const id = ++this.#lastId;
    const milliseconds = this.#definition.timeoutSeconds * 1000;
    const message: ToWorker = {
      id,
      requestId: randomUUID(),
      payload: JSON.stringify(payload),
      deadline: Date.now() + milliseconds,
    };
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.#runOut(id, message.requestId), milliseconds);
      this.#pending.set(id, { resolve, reject, timer });
      this.#worker.postMessage(message);
    });
  }

  /** Ends the worker at once, in the middle of whatever it does. */
  async terminate(): Promise<void> {
    this.#retired = true;
    await this.#worker.terminate();
  }

  #listen(resolve: () => void, reject: (error: FunctionError) => void): void {
    this.#worker.on('message', (message: FromWorker) => {
      if (message.kind === 'ready') resolve();
      else if (message.kind === 'log') this.#log(this.#definition.name, message.line);
      else if (message.kind === 'result') this.#take(message.id)?.resolve(JSON.parse(message.result));
      else {
        const error = this.#error(message.type, message.message);
        this.#logLine('error', `${message.type}: ${message.message}`, message.stack);
        if (message.kind === 'failure') this.#take(message.id)?.reject(error);
        else {
          reject(error);
          void this.terminate();
        }
      }
    });
    this.#worker.on('error', (error: Error) => {
      this.#logLine('error', `Uncaught ${error.name}: ${error.message}`, error.stack);
    });
    this.#worker.on('exit', () => {
      this.#retired = true;
      const error = this.#error('Runtime.ExitError', 'The runtime exited');
      reject(error);
      for (const id of [...this.#pending.keys()]) this.#take(id)?.reject(error);
    });
  }

  /** Leaves out metrics in CloudWatch's embedded format, which nobody counts here. */
  #logOutput(text: string): void {
    const lines = text.trimEnd().split('\n');
    for (const line of lines) if (!line.startsWith('{"_aws":')) this.#logLine('info', line);
  }

  #runOut(id: number, requestId: string): void {
    const seconds = this.#definition.timeoutSeconds.toFixed(2);
    const error = this.#error('Sandbox.Timedout', `${requestId} Task timed out after ${seconds} seconds`);
    this.#retired = true;
    this.#logLine('error', error.message);
    this.#take(id)?.reject(error);
  }

  #take(id: number): Pending | undefined {
    const pending = this.#pending.get(id);
    clearTimeout(pending?.timer);
    this.#pending.delete(id);
    if (this.#retired && this.#pending.size === 0) void this.terminate();
    return pending;
  }

  #error(type: string, message: string): FunctionError {
    return new FunctionError(this.#definition.name, type, message);
  }

  #logLine(level: 'info' | 'error', message: string, stack?: string): void {
    this.#log(this.#definition.name, JSON.stringify({ level, message, stack }));
  }
}
