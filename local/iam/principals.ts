import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { secretFile } from '../disk/secret-file.ts';
import { ACCOUNT_ID, ADMINISTRATOR_ARN } from '../template/account.ts';
import { RequestContext } from './context.ts';
import { makeCredentials } from './credentials.ts';
import { isAllowed, type Policy, readPolicy } from './evaluate.ts';
import { type Access, type Principal, type Role, sessionOf } from './principal.ts';
import { Sessions } from './sessions.ts';

import type { LocalCredentials, Signer } from './signer.ts';

/** The policy of a bucket, a queue or a bus. */
export interface ResourcePolicy {
  /** The ARN of the bucket, the queue or the bus. */
  readonly arn: string;
  readonly policy: Policy;
}

export interface PrincipalsOptions {
  /** Where keys and sessions are kept, in files that only their owner may read. */
  readonly dir: string;
  readonly roles: readonly Role[];
  readonly resourcePolicies: readonly ResourcePolicy[];
  /** @default the wall clock */
  readonly now?: () => Date;
}

/** What the embedded services ask about each request: who has signed it, and what they may do. */
export interface AccessControl {
  /** @returns undefined where no such key was given out */
  signerOf(accessKeyId: string): Signer | undefined;
  allows(principal: Principal, access: Access): boolean;
}

/** For tests and people: it may do everything that no policy of a bucket or a queue denies. No function has its keys. */
const ADMINISTRATOR: Role = {
  name: 'administrator',
  arn: ADMINISTRATOR_ARN,
  tags: {},
  policies: [readPolicy({ Statement: { Effect: 'Allow', Action: '*', Resource: '*' } }, 'identity')],
  trust: [],
};

/** The roles of the stack, each with what the template allows it. */
export class Principals implements AccessControl {
  /** Credentials of a principal that may do anything. */
  readonly administrator: LocalCredentials;
  readonly #roles: ReadonlyMap<string, Role>;
  readonly #resourcePolicies: readonly ResourcePolicy[];
  /** The sessions that Lambda's functions run with, by access key: one for each role that Lambda may assume. */
  readonly #functions = new Map<string, Signer>();
  readonly #sessions: Sessions;
  readonly #now: () => Date;

  constructor({ dir, roles, resourcePolicies, now = () => new Date() }: PrincipalsOptions) {
    const keys = join(dir, 'keys');
    mkdirSync(keys, { recursive: true, mode: 0o700 });
    this.#roles = new Map(roles.map((role) => [role.arn, role]));
    this.#resourcePolicies = resourcePolicies;
    this.#now = now;
    for (const role of [ADMINISTRATOR, ...roles.filter(isFunctions)]) {
      const file = join(keys, `${role.name}.json`);
      const credentials = JSON.parse(secretFile(file, () => JSON.stringify(makeCredentials())));
      this.#functions.set(credentials.accessKeyId, { credentials, principal: sessionOf(role, role.name) });
    }
    this.administrator = this.credentialsOf(ADMINISTRATOR.arn);
    this.#sessions = new Sessions(dir, now());
  }

  /**
   * The credentials that a function with this role is given.
   *
   * @throws Error where the role does not let Lambda assume it
   */
  credentialsOf(roleArn: string): LocalCredentials {
    const signer = [...this.#functions.values()].find(({ principal }) => principal.role.arn === roleArn);
    if (signer === undefined) throw new Error(`No function can have the role ${roleArn}`);
    return signer.credentials;
  }

  role(arn: string): Role | undefined {
    return this.#roles.get(arn);
  }

  signerOf(accessKeyId: string): Signer | undefined {
    const session = this.#sessions.find(accessKeyId);
    if (session === undefined) return this.#functions.get(accessKeyId);
    const { credentials, expiration, roleArn, name, tags } = session;
    const role = this.#roles.get(roleArn);
    return role && { credentials, expiration: new Date(expiration), principal: sessionOf(role, name, tags) };
  }

  allows(principal: Principal, access: Access): boolean {
    const policies = [...principal.role.policies, ...this.#attachedTo(access.resource)];
    return isAllowed(policies, toRequest(principal, access));
  }

  /** Whether the policy of the resource lets a service of AWS do this. */
  allowsService(service: string, { action, resource, context }: Access): boolean {
    return isAllowed(this.#attachedTo(resource), {
      principal: { service },
      action,
      resource,
      context: new RequestContext({ ...context, 'aws:SecureTransport': 'true' }),
    });
  }

  /** Whether the role's trust policy lets the principal do this. */
  trusts(role: Role, principal: Principal, access: Access): boolean {
    return isAllowed([role.trust], toRequest(principal, access));
  }

  /** Gives out temporary credentials of a role. They are kept until they expire, `seconds` from now. */
  startSession(
    role: Role,
    name: string,
    tags: Readonly<Record<string, string>>,
    seconds: number,
  ): { readonly credentials: LocalCredentials; readonly expiration: string; readonly principal: Principal } {
    const credentials = makeCredentials();
    // The expiration that STS answers has no fractions of a second.
    const end = new Date(Math.floor(this.#now().getTime() / 1000 + seconds) * 1000);
    const expiration = end.toISOString().replace('.000', '');
    this.#sessions.add({ credentials, expiration, roleArn: role.arn, name, tags });
    return { credentials, expiration, principal: sessionOf(role, name, tags) };
  }

  close(): void {
    this.#sessions.close();
  }

  #attachedTo(resource: string): readonly Policy[] {
    return this.#resourcePolicies
      .filter(({ arn }) => resource === arn || resource.startsWith(`${arn}/`))
      .map(({ policy }) => policy);
  }
}

function isFunctions({ trust, arn }: Role): boolean {
  return isAllowed([trust], {
    principal: { service: 'lambda.amazonaws.com' },
    action: 'sts:AssumeRole',
    resource: arn,
    context: new RequestContext({}),
  });
}

function toRequest(principal: Principal, { action, resource, context = {} }: Access) {
  const { role, tags } = principal;
  const tagKeys = Object.entries(tags).map(([key, value]) => [`aws:PrincipalTag/${key}`, value]);
  return {
    principal: { roleArn: role.arn },
    action,
    resource,
    context: new RequestContext({
      ...context,
      ...Object.fromEntries(tagKeys),
      'aws:PrincipalArn': role.arn,
      // No service of AWS calls another here: each acts by itself.
      'aws:PrincipalIsAWSService': 'false',
      // There is no other account here.
      'aws:ResourceAccount': ACCOUNT_ID,
      // Clients reach AWS by TLS; here the loopback interface stands for it.
      'aws:SecureTransport': 'true',
    }),
  };
}
