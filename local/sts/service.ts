import type { QueryParameters, QueryService } from '../endpoint/query-service.ts';
import type { ServiceOperation } from '../endpoint/service.ts';
import { AwsError } from '../http/aws-error.ts';
import type { XmlElement } from '../http/xml.ts';
import { type Access, describeRefusal, type Principal } from '../iam/principal.ts';
import type { Principals } from '../iam/principals.ts';
import { ACCOUNT_ID } from '../template/account.ts';
import { readAssumeRole } from './assume-role-request.ts';

/** STS, of which AssumeRole and GetCallerIdentity are here. https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html */
export class Sts implements QueryService {
  readonly protocol = 'query';
  readonly version = '2011-06-15';
  readonly namespace = 'https://sts.amazonaws.com/doc/2011-06-15/';
  readonly signingName = 'sts';
  readonly denied = [403, 'AccessDenied'] as const;
  readonly unknownKey = [403, 'InvalidClientTokenId'] as const;
  readonly expiredToken = [403, 'ExpiredToken'] as const;
  readonly #principals: Principals;

  readonly operations: Readonly<
    Record<'AssumeRole' | 'GetCallerIdentity', ServiceOperation<QueryParameters, readonly XmlElement[]>>
  > = {
    // Everybody may: https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html
    GetCallerIdentity: {
      access: () => [],
      handle: (_, { arn }) => [
        ['Arn', arn],
        ['UserId', `AROALOCAL:${arn.slice(arn.lastIndexOf('/') + 1)}`],
        ['Account', ACCOUNT_ID],
      ],
    },
    AssumeRole: {
      access: (parameters) => assumption(parameters),
      handle: (parameters, caller) => this.#assumeRole(parameters, caller),
    },
  };

  constructor(principals: Principals) {
    this.#principals = principals;
  }

  /** The caller's own policies have allowed it; the role must trust the caller too. */
  #assumeRole(parameters: QueryParameters, caller: Principal): XmlElement[] {
    const { roleArn, sessionName, seconds, tags } = readAssumeRole(parameters);
    const accesses = assumption(parameters);
    const role = this.#principals.role(roleArn);
    const distrusted = accesses.find((access) => !role || !this.#principals.trusts(role, caller, access));
    if (role === undefined || distrusted !== undefined) {
      // A role that does not exist is refused like one that does not trust the caller.
      throw new AwsError(...this.denied, describeRefusal(caller, distrusted ?? accesses[0]));
    }
    const { credentials, expiration, principal } = this.#principals.startSession(
      role,
      sessionName,
      tags,
      seconds,
    );
    return [
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
    ];
  }
}

/** What a caller does who assumes a role: it tags the session as well where it gives tags. */
function assumption(parameters: QueryParameters): readonly [Access, ...Access[]] {
  const { roleArn, tags } = readAssumeRole(parameters);
  const keys = Object.keys(tags);
  const requested = Object.entries(tags).map(([key, value]) => [`aws:RequestTag/${key}`, value]);
  const context = { ...Object.fromEntries(requested), ...(keys.length > 0 && { 'aws:TagKeys': keys }) };
  const assume: Access = { action: 'sts:AssumeRole', resource: roleArn, context };
  return keys.length > 0 ? [assume, { ...assume, action: 'sts:TagSession' }] : [assume];
}
