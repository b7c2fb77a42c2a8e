import { ERRORS, type Problem } from '#contract/errors';
import { RawStorageError } from '#core/errors';
import { describeError, log } from '#core/log';

/** The most fields that a line of the log names. */
const MAX_LOGGED = 5;

/** A client may write anything for a field's name, a token or a person's name too: only what looks like one is logged. */
const FIELD_NAME = /^[\w.-]{0,64}$/;

/**
 * Maps any error to what the client is told: of a fault that is not the client's, its request id alone.
 *
 * @param tenant_id of the caller, as far as it is known, for the log
 */
export function toProblem(error: unknown, request_id: string, tenant_id?: string): Problem {
  const known =
    error instanceof RawStorageError
      ? error
      : new RawStorageError('internal_error', undefined, { cause: error });
  const { code, fields } = known;
  const { status, title } = ERRORS[code];
  const fault = status >= 500;
  log(fault ? 'error' : 'info', 'request refused', {
    code,
    request_id,
    tenant_id,
    fields: fields?.slice(0, MAX_LOGGED).map(({ path }) => (FIELD_NAME.test(path) ? path : '?')),
    ...(fault && describeError(known)),
  });
  return {
    type: `urn:nexus:raw-storage:problem:${code}`,
    title,
    status,
    detail: fault ? 'The fault is on our side; quote the request_id to have it looked into' : known.message,
    code,
    request_id,
    ...(!fault && fields && { errors: fields }),
  };
}
