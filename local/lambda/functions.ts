import { type FunctionDefinition, type FunctionLog, FunctionSandbox } from './sandbox.ts';

/**
 * The stack's functions, each in a worker of its own that takes its invocations side by side. A worker that crashed,
 * or that holds an invocation that ran out of time, is replaced by the next invocation.
 */
export class Functions {
  readonly #definitions: ReadonlyMap<string, FunctionDefinition>;
  readonly #log: FunctionLog;
  readonly #now: (() => Date) | undefined;
  readonly #current = new Map<string, FunctionSandbox>();
  readonly #running = new Set<FunctionSandbox>();

  /** @param now the time that the functions go by; without it they go by the wall clock */
  constructor(definitions: readonly FunctionDefinition[], log: FunctionLog, now?: () => Date) {
    this.#definitions = new Map(definitions.map((definition) => [definition.name, definition]));
    this.#log = log;
    this.#now = now;
  }

  /** Loads every function; @throws FunctionError of the first that fails to. */
  async start(): Promise<void> {
    await Promise.all([...this.#definitions.keys()].map((name) => this.#sandbox(name).loaded));
  }

  /** Resolves with the handler's result as JSON carries it; @throws FunctionError. */
  async invoke(name: string, payload: unknown): Promise<unknown> {
    return this.#sandbox(name).invoke(payload);
  }

  /** Ends a function's worker abruptly, as the loss of its machine would. */
  async kill(name: string): Promise<void> {
    await this.#current.get(name)?.terminate();
  }

  async close(): Promise<void> {
    await Promise.all([...this.#running].map((sandbox) => sandbox.terminate()));
  }

  #sandbox(name: string): FunctionSandbox {
    const current = this.#current.get(name);
    if (current !== undefined && !current.retired) return current;
    const definition = this.#definitions.get(name);
    if (definition === undefined) throw new Error(`The stack has no function ${name}`);
    const sandbox = new FunctionSandbox(definition, this.#log, this.#now);
    this.#current.set(name, sandbox);
    this.#running.add(sandbox);
    sandbox.exited.then(() => this.#running.delete(sandbox));
    return sandbox;
  }
}
