import { ACCOUNT_ID } from '../template/account.ts';
import type { Policy } from './evaluate.ts';

export interface Role {
  readonly name: string;
  readonly arn: string;
  readonly tags: Readonly<Record<string, string>>;
  /** What it may do. */
  readonly policies: readonly Policy[];
  /** Who may assume it. */
  readonly trust: Policy;
}

/** A role's session: the role with the tags that it was assumed with. */
export interface Principal {
  /** The session's. */
  readonly arn: string;
  readonly role: Role;
  /** The role's, and over them the session's own. */
  readonly tags: Readonly<Record<string, string>>;
}

/** Something that a principal is about to do. */
export interface Access {
  /** `s3:GetObject` */
  readonly action: string;
  readonly resource: string;
  /** Condition keys of the service. */
  readonly context?: Readonly<Record<string, string | readonly string[]>>;
}

export function sessionOf(role: Role, name: string, tags: Readonly<Record<string, string>> = {}): Principal {
  const arn = `arn:aws:sts::${ACCOUNT_ID}:assumed-role/${role.name}/${name}`;
  return { arn, role, tags: { ...role.tags, ...tags } };
}

/** As AWS words it. */
export function describeRefusal({ arn }: Principal, { action, resource }: Access): string {
  return `User: ${arn} is not authorized to perform: ${action} on resource: ${resource}`;
}
