import type { Principal, Role } from '../../local/iam/principal.ts';
import type { AccessControl } from '../../local/iam/principals.ts';
import type { LocalCredentials } from '../../local/iam/signer.ts';

const role: Role = {
  name: 'anyone',
  arn: 'arn:aws:iam::000000000000:role/anyone',
  tags: {},
  policies: [],
  trust: [],
};

export const anyone: Principal = { arn: role.arn, role, tags: {} };

/** One signer, who may do everything: for tests of what is not access. */
export function everythingFor(credentials: LocalCredentials): AccessControl {
  return {
    signerOf: (id) => (id === credentials.accessKeyId ? { credentials, principal: anyone } : undefined),
    allows: () => true,
  };
}
