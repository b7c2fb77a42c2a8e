/** An emulated AWS service refuses a request. Each protocol answers it in a shape of its own. */
export class AwsError extends Error {
  readonly status: number;
  readonly code: string;
  /**
   * Further members of the error's shape, such as the `Item` of a ConditionalCheckFailedException, or S3's `ArgumentName`:
   * https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
   */
  readonly members: Readonly<Record<string, unknown>>;

  constructor(
    status: number,
    code: string,
    message: string,
    members: Readonly<Record<string, unknown>> = {},
  ) {
    super(message);
    this.name = 'AwsError';
    this.status = status;
    this.code = code;
    this.members = members;
  }
}

/**
 * Gives what a client may learn of an error: an AwsError as it is. Any other error is a fault of this program; it goes to
 * the console, and the client learns only that there was one.
 */
export function toAwsError(
  error: unknown,
  code = 'InternalFailure',
  message = 'The request failed because of an internal error.',
): AwsError {
  if (error instanceof AwsError) return error;
  console.error(error);
  return new AwsError(500, code, message);
}
