/**
 * The bytes of a form's policy, from its JSON. S3 reads a policy with escapes that JSON has not: a dollar sign in a value is
 * `\$`, since without the backslash it begins the name of a field, and S3 refuses the form (aws-sdk-js-v3#3312, boto3#4514).
 * Characters beyond ASCII are written `\uXXXX`, so that no encoding can be mistaken.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTConstructPolicy.html
 *
 * @param json the policy. Its conditions name no field by `$`, so that every dollar sign belongs to a value
 */
export function encodePolicy(json: string): Uint8Array {
  const escaped = json.replace(/[$\x7f-\uffff]/g, (character) =>
    character === '$' ? '\\$' : `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  return new TextEncoder().encode(escaped);
}
