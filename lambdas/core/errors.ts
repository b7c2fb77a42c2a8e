import { ERRORS, type ErrorCode, type FieldError } from '#contract/errors';

/** The service's error: a code of {@link ERRORS}, a detail for the client (default: its title), the fields concerned. */
export class RawStorageError extends Error {
  readonly code: ErrorCode;
  readonly fields: readonly FieldError[] | undefined;

  constructor(
    code: ErrorCode,
    detail: string = ERRORS[code].title,
    options: ErrorOptions & { fields?: readonly FieldError[] } = {},
  ) {
    super(detail, options);
    this.name = 'RawStorageError';
    this.code = code;
    this.fields = options.fields;
  }
}
