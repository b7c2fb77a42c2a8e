/** What a function's worker is started with. */
export interface SandboxData {
  readonly name: string;
  readonly arn: string;
  /** Where the bundle is. */
  readonly directory: string;
  /** `file.export`, as Lambda's Handler setting. */
  readonly handler: string;
  readonly memoryMb: number;
  /** By how much the function's clock is ahead of the wall clock. @default - it goes by the wall clock */
  readonly clock?: SharedArrayBuffer;
}

/** One invocation. */
export interface ToWorker {
  readonly id: number;
  readonly requestId: string;
  /** JSON. */
  readonly payload: string;
  /** Epoch milliseconds. */
  readonly deadline: number;
}

interface FailureMessage {
  readonly type: string;
  readonly message: string;
  readonly stack?: string;
}

export type FromWorker =
  | { readonly kind: 'ready' }
  | ({ readonly kind: 'init-failure' } & FailureMessage)
  | { readonly kind: 'result'; readonly id: number; readonly result: string }
  | ({ readonly kind: 'failure'; readonly id: number } & FailureMessage)
  /** One JSON object. */
  | { readonly kind: 'log'; readonly line: string };
