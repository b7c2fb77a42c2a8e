import { ACCOUNT_ID } from '../template/account.ts';
import type { Policy } from './evaluate.ts';

export interface Role {
  readonly name: string;
  readonly arn: string;
  readonly tags: Readonly<Record<string, string>>;
  /** They say what the role may do. */
  readonly policies: readonly Policy[];
  /** It says who may assume the role. */
  readonly trust: Policy;
}

/** A role's session: the role with the tags that it was assumed with. */
export interface Principal {
  /** The ARN of the session, not of its role. */
  readonly arn: string;
  readonly role: Role;
  /** The role's tags, and the session's own, which take precedence. */
  readonly tags: Readonly<Record<string, string>>;
}

/** Something that a principal is about to do. */
export interface Access {
  /** `s3:GetObject` */
  readonly action: string;
  readonly resource: string;
  /** The service's own condition keys, such as `s3:prefix`. */
  readonly context?: Readonly<Record<string, string | readonly string[]>>;
}

export function sessionOf(role: Role, name: string, tags: Readonly<Record<string, string>> = {}): Principal {
  const arn = `arn:aws:sts::${ACCOUNT_ID}:assumed-role/${role.name}/${name}`;
  return { arn, role, tags: { ...role.tags, ...tags } };
}

/** Says in AWS's words what the principal may not do. */
export function describeRefusal({ arn }: Principal, { action, resource }: Access): string {
  return `User: ${arn} is not authorized to perform: ${action} on resource: ${resource}`;
}
