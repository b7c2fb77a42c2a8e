import { AwsError } from '../http/aws-error.ts';

const CHECKSUM = /^x-amz-checksum-(?!algorithm$|type$)(.+)$/;

/**
 * Reads what a form declares of its file's SHA-256. If it names the algorithm without a value, the checksum is kept with the
 * object, and not compared with anything.
 *
 * @throws AwsError 400 InvalidRequest for a malformed value or two algorithms; 501 for an algorithm other than SHA-256
 */
export function declaredSha256(fields: ReadonlyMap<string, string>): {
  readonly keepsSha256: boolean;
  readonly sha256: Buffer | undefined;
} {
  const algorithms = new Set([...fields.keys()].flatMap((name) => CHECKSUM.exec(name)?.[1] ?? []));
  const named = fields.get('x-amz-checksum-algorithm')?.toLowerCase();
  if (named !== undefined) algorithms.add(named);
  if (algorithms.size > 1) throw invalid('Expecting a single x-amz-checksum- header.');

  const [algorithm] = algorithms;
  if (algorithm === undefined) return { keepsSha256: false, sha256: undefined };
  if (algorithm !== 'sha256') {
    throw new AwsError(
      501,
      'NotImplemented',
      `Of the checksums only SHA-256 is implemented, not ${algorithm}.`,
    );
  }
  const value = fields.get('x-amz-checksum-sha256');
  if (value === undefined) return { keepsSha256: true, sha256: undefined };
  const sha256 = Buffer.from(value, 'base64');
  if (sha256.length === 32 && sha256.toString('base64') === value) return { keepsSha256: true, sha256 };
  throw invalid('Value for x-amz-checksum-sha256 header is invalid.');
}

function invalid(message: string): AwsError {
  return new AwsError(400, 'InvalidRequest', message);
}
