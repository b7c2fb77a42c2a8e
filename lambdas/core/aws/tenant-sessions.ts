import { AssumeRoleCommand, type STSClient } from '@aws-sdk/client-sts';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { isRefusal } from '#core/aws/sdk-errors';
import { RawStorageError } from '#core/errors';
import { describeError, log } from '#core/log';
import { METRIC, putMetric } from '#core/metrics';

/** The longest session that STS gives to a role which is assumed by another role's session, as the functions' are. */
const SESSION_SECONDS = 60 * 60;

/** The options with which the SDK's clients work for one tenant. */
export interface TenantClientConfig {
  /** They last an hour at most. A form that they sign ends with them. */
  readonly credentials: {
    readonly accessKeyId: string;
    readonly secretAccessKey: string;
    readonly sessionToken: string;
    /** When they end. */
    readonly expiration: Date;
  };
  readonly requestHandler: NodeHttpHandler;
}

export interface TenantSessionsOptions<TSession> {
  readonly sts: STSClient;
  readonly roleArn: string;
  /** A session with less time left is renewed before it is used. @default 120 */
  readonly minimumSeconds?: number;
  /** How many tenants are kept; the least recently used goes first. @default 256 */
  readonly capacity?: number;
  /** Makes what is kept for a tenant: whatever works with that tenant's credentials alone. */
  readonly open: (config: TenantClientConfig) => TSession;
}

interface Kept<TSession> {
  readonly session: TSession;
  /** Epoch milliseconds. */
  readonly renewAt: number;
}

/**
 * One session a tenant, in memory: the tenant role assumed with the tag `tenant_id`, by which its policies let nothing
 * else be reached. https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html
 */
export class TenantSessions<TSession> {
  readonly #options: TenantSessionsOptions<TSession>;
  // One pool of connections, whichever tenant a request is for.
  readonly #requestHandler = new NodeHttpHandler();
  // The entries are in the order of their last use.
  readonly #kept = new Map<string, Kept<TSession>>();
  readonly #opening = new Map<string, Promise<TSession>>();

  constructor(options: TenantSessionsOptions<TSession>) {
    this.#options = options;
  }

  /**
   * Works in a tenant's session. One that AWS refuses, because it was revoked or IAM does not know it yet, is dropped, and
   * the work done again in a new one: once, since a policy that denies it would deny the next one too. So `work` must be
   * such that it can be repeated.
   *
   * @throws RawStorageError `unavailable` where STS gives no credentials: there are no others to fall back to
   */
  run<TResult>(tenantId: string, work: (session: TSession) => Promise<TResult>): Promise<TResult> {
    return this.forCall(tenantId)(work);
  }

  /**
   * For the works of one call, which may be many, side by side: they share one session, opened for the first of them, and where
   * AWS refuses that, one more.
   *
   * @returns what does each work, as `run` does one
   */
  forCall(tenantId: string): <TResult>(work: (session: TSession) => Promise<TResult>) => Promise<TResult> {
    let first: Promise<TSession> | undefined;
    let second: Promise<TSession> | undefined;
    return async (work) => {
      first ??= this.for(tenantId);
      const opened = second ?? first;
      const session = await opened;
      try {
        return await work(session);
      } catch (error) {
        if (opened === second || !isRefusal(error)) throw error;
        second ??= this.#inPlaceOf(session, tenantId, error);
        return work(await second);
      }
    };
  }

  /**
   * The session itself, for what cannot be repeated.
   *
   * @throws RawStorageError `unavailable`, as `run`
   */
  async for(tenantId: string): Promise<TSession> {
    const kept = this.#kept.get(tenantId);
    const warm = kept !== undefined && kept.renewAt > Date.now();
    putMetric(warm ? METRIC.tenantSessionHit : METRIC.tenantSessionMiss, 'Count', [1]);
    if (warm) {
      this.#keep(tenantId, kept);
      return kept.session;
    }
    const opening = this.#opening.get(tenantId) ?? this.#open(tenantId);
    this.#opening.set(tenantId, opening);
    return opening.finally(() => this.#opening.delete(tenantId));
  }

  #inPlaceOf(refused: TSession, tenantId: string, error: unknown): Promise<TSession> {
    this.#drop(tenantId, refused);
    log('warn', 'tenant session refused', { tenant_id: tenantId, ...describeError(error) });
    putMetric(METRIC.tenantSessionFailures, 'Count', [1]);
    return this.for(tenantId);
  }

  async #open(tenantId: string): Promise<TSession> {
    const { sts, roleArn, minimumSeconds = 120, open } = this.#options;
    const assume = new AssumeRoleCommand({
      RoleArn: roleArn,
      RoleSessionName: tenantId,
      DurationSeconds: SESSION_SECONDS,
      Tags: [{ Key: 'tenant_id', Value: tenantId }],
    });
    const { Credentials } = await sts.send(assume).catch((cause) => {
      putMetric(METRIC.tenantSessionFailures, 'Count', [1]);
      throw new RawStorageError('unavailable', 'The tenant role is not available', { cause });
    });
    const { AccessKeyId, SecretAccessKey, SessionToken, Expiration } = Credentials ?? {};
    if (!AccessKeyId || !SecretAccessKey || !SessionToken || !Expiration) {
      throw new RawStorageError('unavailable', 'STS gave no credentials');
    }
    const session = open({
      credentials: {
        accessKeyId: AccessKeyId,
        secretAccessKey: SecretAccessKey,
        sessionToken: SessionToken,
        expiration: Expiration,
      },
      requestHandler: this.#requestHandler,
    });
    this.#keep(tenantId, { session, renewAt: Expiration.getTime() - minimumSeconds * 1000 });
    return session;
  }

  /** Only if it is still the one that is kept: another call may have opened a new one since. */
  #drop(tenantId: string, session: TSession): void {
    if (this.#kept.get(tenantId)?.session === session) this.#kept.delete(tenantId);
  }

  #keep(tenantId: string, kept: Kept<TSession>): void {
    this.#kept.delete(tenantId);
    this.#kept.set(tenantId, kept);
    const [eldest] = this.#kept.keys();
    if (this.#kept.size > (this.#options.capacity ?? 256) && eldest !== undefined) this.#kept.delete(eldest);
  }
}
