import type { Principals } from '../iam/principals.ts';
import { REGION } from '../template/account.ts';
import type { RuntimeEnvironment } from './template.ts';

/** Gives a function what the Lambda runtime would: the credentials of its role, and here the address of the AWS services. */
export function runtimeEnvironment(iam: Principals, awsUrl: string): RuntimeEnvironment {
  return (roleArn) => {
    const { accessKeyId, secretAccessKey, sessionToken } = iam.credentialsOf(roleArn);
    return {
      AWS_REGION: REGION,
      AWS_ENDPOINT_URL: awsUrl,
      AWS_ACCESS_KEY_ID: accessKeyId,
      AWS_SECRET_ACCESS_KEY: secretAccessKey,
      AWS_SESSION_TOKEN: sessionToken,
    };
  };
}
