/** What an emulated AWS service refuses; each service answers it in its own protocol's shape. */
export class AwsError extends Error {
  readonly status: number;
  readonly code: string;
  /**
   * What S3's XML says besides code and message, an element each:
   * https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
   */
  readonly details: AwsErrorDetails;

  constructor(status: number, code: string, message: string, details: AwsErrorDetails = {}) {
    super(message);
    this.name = 'AwsError';
    this.status = status;
    this.code = code;
    this.details = details;
  }
}

export type AwsErrorDetails = Readonly<Record<string, string | number>>;
