import type { Principal } from './principal.ts';

/** Temporary, like those of a Lambda function. */
export interface LocalCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
}

/** Whoever signs with an access key. */
export interface Signer {
  readonly credentials: LocalCredentials;
  /** When the credentials end; those of a function are always good. */
  readonly expiration?: Date;
  readonly principal: Principal;
}
