import type { Principal } from './principal.ts';

/** Temporary credentials, like those of a Lambda function. */
export interface LocalCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
}

/** The owner of an access key. */
export interface Signer {
  readonly credentials: LocalCredentials;
  /** When the credentials expire. @default - never: a function's credentials do not expire here */
  readonly expiration?: Date;
  readonly principal: Principal;
}
