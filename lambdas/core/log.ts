type Level = 'info' | 'warn' | 'error';

/**
 * Writes one structured line. The Lambda runtime adds time, level and request id when its log format is JSON.
 * Callers pass ids, codes and reasons; never a token, a policy, a signature or a form's fields.
 */
export function log(level: Level, message: string, fields: Readonly<Record<string, unknown>> = {}): void {
  console[level]({ message, ...fields });
}

/** The parts of an error that may be logged: its name, message and stack, and those of its cause. */
export function describeError(error: unknown): Record<string, unknown> {
  if (!(error instanceof Error)) return { error: String(error) };
  const described: Record<string, unknown> = { error: error.name, detail: error.message, stack: error.stack };
  if (error.cause !== undefined) described['cause'] = describeError(error.cause);
  return described;
}
