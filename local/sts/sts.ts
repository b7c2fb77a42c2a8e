import { AwsError } from '../http/aws-error.ts';
import type { QueryService } from '../http/query-service.ts';
import { type Access, describeRefusal, type Principal } from '../iam/principal.ts';
import type { Principals } from '../iam/principals.ts';
import { readAssumeRole } from './assume-role-request.ts';

/** STS, of which AssumeRole is here. https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html */
export class Sts implements QueryService {
  readonly service = 'sts';
  readonly namespace = 'https://sts.amazonaws.com/doc/2011-06-15/';
  readonly #principals: Principals;

  constructor(principals: Principals) {
    this.#principals = principals;
  }

  handle(caller: Principal, parameters: URLSearchParams): ReturnType<QueryService['handle']> {
    const { roleArn, sessionName, seconds, tags } = readAssumeRole(parameters);
    const role = this.#principals.role(roleArn);
    const keys = Object.keys(tags);
    const requested = Object.entries(tags).map(([key, value]) => [`aws:RequestTag/${key}`, value]);
    const context = { ...Object.fromEntries(requested), ...(keys.length > 0 && { 'aws:TagKeys': keys }) };
    const assume: Access = { action: 'sts:AssumeRole', resource: roleArn, context };
    // Of a role that is not there nothing else is said.
    if (role === undefined) throw denied(caller, assume);
    for (const access of [assume, ...(keys.length > 0 ? [{ ...assume, action: 'sts:TagSession' }] : [])]) {
      const isAllowed = this.#principals.allows(caller, access);
      if (!isAllowed || !this.#principals.trusts(role, caller, access)) throw denied(caller, access);
    }
    const { credentials, expiration, principal } = this.#principals.startSession(
      role,
      sessionName,
      tags,
      seconds,
    );
    return {
      operation: 'AssumeRole',
      result: [
        [
          'Credentials',
          [
            ['AccessKeyId', credentials.accessKeyId],
            ['SecretAccessKey', credentials.secretAccessKey],
            ['SessionToken', credentials.sessionToken],
            ['Expiration', expiration],
          ],
        ],
        [
          'AssumedRoleUser',
          [
            ['AssumedRoleId', `AROALOCAL:${sessionName}`],
            ['Arn', principal.arn],
          ],
        ],
      ],
    };
  }
}

function denied(caller: Principal, access: Access): AwsError {
  return new AwsError(403, 'AccessDenied', describeRefusal(caller, access));
}
