import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { AwsError } from '../http/aws-error.ts';
import { type Access, describeRefusal, type Principal } from '../iam/principal.ts';
import type { AccessControl } from '../iam/principals.ts';
import type { Refusal, SigningService } from '../iam/signing-scope.ts';
import { verifySignature } from '../iam/sigv4.ts';
import { REGION } from '../template/account.ts';

/** What each AWS service states of itself, whatever its protocol. */
export interface ServiceFacts extends SigningService {
  /** The status and code with which the service refuses what the caller is not allowed. */
  readonly denied: Refusal;
  /** Waits for what is under way, and closes what the service has open. */
  close?(): void | Promise<void>;
}

/** What the services of one endpoint share. */
export interface EndpointContext {
  readonly iam: AccessControl;
  readonly now: () => Date;
}

/** One operation of a service. */
export interface ServiceOperation<TInput, TOutput = unknown> {
  /**
   * Names everything that the caller must be allowed before the operation is handled.
   *
   * @throws AwsError where the input does not say what it is about
   */
  access(input: TInput): readonly Access[];

  /** @throws AwsError where the request is refused */
  handle(input: TInput, caller: Principal): TOutput | Promise<TOutput>;
}

export type ServiceOperations<TInput, TOutput = unknown> = Readonly<
  Record<string, ServiceOperation<TInput, TOutput>>
>;

/**
 * Verifies a request whose body is read whole.
 *
 * @returns who has signed it
 * @throws AwsError as `verifySignature` does
 */
export async function authenticate(
  service: SigningService,
  { iam, now }: EndpointContext,
  { method = '', url = '', headers }: IncomingMessage,
  body: Buffer,
): Promise<Principal> {
  const payloadHash = createHash('sha256').update(body).digest('hex');
  const signerOf = (accessKeyId: string) => iam.signerOf(accessKeyId);
  const scope = { service, region: REGION, signerOf, now: now() };
  const { principal } = await verifySignature({ method, url, headers, payloadHash }, scope);
  return principal;
}

/** @throws AwsError, with the service's own code, for the first access that the caller is not allowed */
export function requireAccess(
  { denied }: ServiceFacts,
  iam: AccessControl,
  caller: Principal,
  accesses: readonly Access[],
): void {
  const refused = accesses.find((access) => !iam.allows(caller, access));
  if (refused !== undefined) throw new AwsError(...denied, describeRefusal(caller, refused));
}

/** Finds an operation by its name. */
export function findOperation<TOperation>(
  operations: Readonly<Record<string, TOperation>>,
  name: string,
): TOperation | undefined {
  return Object.hasOwn(operations, name) ? operations[name] : undefined;
}
