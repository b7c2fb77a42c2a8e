import type { ErrorCode, FieldError, Problem } from '#contract/errors';

/** What went wrong beside what the service itself refuses, whose codes the README's table has. */
export type ClientErrorCode =
  /** The token is missing or refused. */
  | 'unauthorized'
  /** There are too many calls. */
  | 'throttled'
  /** The gateway or the service did not answer as it should. */
  | 'bad_answer'
  /** No answer came at all. */
  | 'network_error'
  /** S3 refused the form or the file. */
  | 'upload_refused'
  /** The file could not be read, or has changed while it was read. */
  | 'unreadable_file'
  /** The signal was aborted. */
  | 'aborted';

export interface NexusErrorOptions extends ErrorOptions {
  /** HTTP status of the answer, if there was one. */
  readonly status?: number | undefined;
  readonly requestId?: string | undefined;
  readonly fields?: readonly FieldError[] | undefined;
  readonly retryable?: boolean;
  /** Milliseconds that the answer asks to wait. */
  readonly retryAfterMs?: number | undefined;
}

/** Every error of the client. */
export class NexusError extends Error {
  /** A stable word: a code of the service, or a {@link ClientErrorCode}. */
  readonly code: string;
  readonly status: number | undefined;
  /** Names the request to whoever runs the service. */
  readonly requestId: string | undefined;
  /** Each field that is wrong. */
  readonly fields: readonly FieldError[];
  /** Whether the same call may succeed later. The client has tried again already. */
  readonly retryable: boolean;
  readonly retryAfterMs: number | undefined;

  constructor(code: ErrorCode | ClientErrorCode, message: string, options: NexusErrorOptions = {}) {
    super(message, options);
    this.name = 'NexusError';
    this.code = code;
    this.status = options.status;
    this.requestId = options.requestId;
    this.fields = options.fields ?? [];
    this.retryable = options.retryable ?? false;
    this.retryAfterMs = options.retryAfterMs;
  }
}

/** Whether whoever answers so may answer otherwise later. */
const isTransient = (status: number) => status === 429 || status >= 500;

/** The error that an answer of the API tells of: the service's own, or the gateway's. */
export function errorOf(status: number, body: unknown, retryAfterMs?: number): NexusError {
  const told = body as (Partial<Problem> & { readonly message?: string }) | undefined;
  const options = { status, requestId: told?.request_id, retryable: isTransient(status), retryAfterMs };
  if (told?.code !== undefined) {
    const fields = told.errors?.map(({ path, message }) => `${path}: ${message}`) ?? [];
    return new NexusError(told.code as ErrorCode, [told.detail, ...fields].join('; '), {
      ...options,
      fields: told.errors,
    });
  }
  if (status === 401 || status === 403)
    return new NexusError('unauthorized', 'The token is refused', options);
  if (status === 429) return new NexusError('throttled', 'There are too many calls', options);
  return new NexusError('bad_answer', `The service answers ${status} ${told?.message ?? ''}`.trim(), options);
}

export function aborted(signal: AbortSignal): NexusError {
  return new NexusError('aborted', 'The upload was aborted', { cause: signal.reason });
}
