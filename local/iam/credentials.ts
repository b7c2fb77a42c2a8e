import { randomBytes } from 'node:crypto';
import type { LocalCredentials } from './signer.ts';

export function makeCredentials(): LocalCredentials {
  return {
    accessKeyId: `ASIA${randomBytes(8).toString('hex').toUpperCase()}`,
    secretAccessKey: randomBytes(30).toString('base64url'),
    sessionToken: randomBytes(60).toString('base64url'),
  };
}
