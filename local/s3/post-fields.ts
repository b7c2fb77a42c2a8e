import { AwsError } from '../http/aws-error.ts';

const ACL = /^(acl|x-amz-acl|x-amz-grant-.*)$/;
/** The one that gives nobody anything. */
const OWNERS_ACL = 'bucket-owner-full-control';
/** Fields that mean something to S3 and nothing here: of AWS's own all but those that are read. */
const NOT_IMPLEMENTED =
  /^(success_action_redirect|redirect|tagging|content-md5|x-amz-(?!(algorithm|credential|date|signature|security-token|meta-.*|checksum-.*)$).*)$/;

/**
 * Refuses a form whose wish would otherwise be dropped in silence. A field that means nothing to S3 is for the policy
 * alone, as it is there: many clients send a `name` of their own.
 *
 * @throws AwsError 400 AccessControlListNotSupported, as a bucket that enforces its owner answers
 *   (https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-ownership-error-responses.html); 501 NotImplemented
 */
export function requireHonouredFields(fields: ReadonlyMap<string, string>): void {
  for (const [name, value] of fields) {
    if (ACL.test(name)) {
      if (value === OWNERS_ACL) continue;
      throw new AwsError(400, 'AccessControlListNotSupported', 'The bucket does not allow ACLs');
    }
    if (NOT_IMPLEMENTED.test(name)) {
      throw new AwsError(501, 'NotImplemented', `The form field ${name} is not implemented.`, {
        Header: name,
      });
    }
  }
}

/**
 * @param name as S3 writes it
 * @throws AwsError 400 InvalidArgument
 */
export function requireFormField(fields: ReadonlyMap<string, string>, name: string): string {
  const value = fields.get(name.toLowerCase());
  if (value !== undefined) return value;
  throw missingField(name);
}

export function missingField(name: string): AwsError {
  const message = `Bucket POST must contain a field named '${name}'.  If it is specified, please check the order of the fields.`;
  return new AwsError(400, 'InvalidArgument', message, { ArgumentName: name, ArgumentValue: '' });
}
