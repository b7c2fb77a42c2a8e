/** What an emulated AWS service refuses; each service answers it in its own protocol's shape. */
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
