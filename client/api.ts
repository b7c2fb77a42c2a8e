import { errorOf, NexusError } from './errors.ts';
import { retrying } from './retry.ts';

export interface ClientOptions {
  /** The API's address, as the stack's output `ApiUrl` has it, with a path prefix if it has one. */
  readonly baseUrl: string;
  /** A token, or how to get one: it is asked for first, and again whenever it is refused. */
  readonly token: string | (() => string | Promise<string>);
}

interface Call {
  readonly body?: unknown;
  readonly query?: Readonly<Record<string, string | number | undefined>>;
  readonly signal?: AbortSignal | undefined;
  /** From then on it is not made again; the one under way ends by itself. @default `signal` */
  readonly stop?: AbortSignal | undefined;
}

/** Longer than the gateway waits for an answer. */
const TIMEOUT_MS = 35_000;

/** Calls the API with a token, again where that may help. */
export class Api {
  readonly #baseUrl: string;
  readonly #source: ClientOptions['token'];
  #token: Promise<string> | undefined;

  /** @throws TypeError for an address that is none */
  constructor({ baseUrl, token }: ClientOptions) {
    this.#baseUrl = new URL(baseUrl).href.replace(/\/+$/, '');
    this.#source = token;
  }

  /**
   * Makes a call that may be repeated.
   *
   * @returns the body of the answer
   * @throws NexusError
   */
  call<T>(method: string, path: string, { body, query = {}, signal, stop = signal }: Call = {}): Promise<T> {
    const fields = Object.entries(query).flatMap(([name, value]) =>
      value === undefined ? [] : `${name}=${encodeURIComponent(value)}`,
    );
    const target = `${this.#baseUrl}/nexus/${path}${fields.length > 0 ? `?${fields.join('&')}` : ''}`;
    const text = body === undefined ? null : JSON.stringify(body);
    return retrying(async () => {
      const token = this.#tokenOnce();
      try {
        return await send<T>(target, method, text, await token, signal);
      } catch (error) {
        if (!(error instanceof NexusError) || error.code !== 'unauthorized') throw error;
        if (typeof this.#source === 'string') throw error;
        // Others may have got a new one by now.
        if (this.#token === token) this.#token = undefined;
        return await send<T>(target, method, text, await this.#tokenOnce(), signal);
      }
    }, stop);
  }

  /** Ends an upload that is not registered. @throws NexusError */
  cancel<T>(assetId: string, signal?: AbortSignal): Promise<T> {
    return this.call('POST', `raw/${encodeURIComponent(assetId)}/cancel`, { signal });
  }

  #tokenOnce(): Promise<string> {
    if (this.#token === undefined) {
      const source = this.#source;
      const token = Promise.resolve(typeof source === 'string' ? source : source());
      this.#token = token;
      token.catch(() => {
        if (this.#token === token) this.#token = undefined;
      });
    }
    return this.#token;
  }
}

async function send<T>(
  target: string,
  method: string,
  body: string | null,
  token: string,
  signal: AbortSignal | undefined,
): Promise<T> {
  const timeout = AbortSignal.timeout(TIMEOUT_MS);
  let response: Response;
  let text: string;
  try {
    response = await fetch(target, {
      method,
      body,
      headers: {
        authorization: `Bearer ${token}`,
        ...(body !== null && { 'content-type': 'application/json' }),
      },
      signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
    });
    text = await response.text();
  } catch (cause) {
    throw new NexusError('network_error', `No answer from ${new URL(target).host}`, {
      cause,
      retryable: true,
    });
  }
  const answer = parse(text);
  if (response.ok && answer !== undefined) return answer as T;
  const seconds = Number(response.headers.get('retry-after'));
  throw errorOf(response.ok ? 502 : response.status, answer, seconds > 0 ? seconds * 1000 : undefined);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
