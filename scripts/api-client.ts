import { createHash } from 'node:crypto';
import type { PresignResponse } from '#contract/uploads';

export interface Answer {
  readonly status: number;
  readonly body: Record<string, unknown>;
}

export const sha256 = (bytes: Uint8Array | string) => createHash('sha256').update(bytes).digest('hex');

/** A client of the API as a program would be: over HTTP, with a token for one tenant. */
export class ApiClient {
  readonly #apiUrl: string;
  readonly #token: string;

  constructor({ apiUrl }: { readonly apiUrl: string }, token: string) {
    this.#apiUrl = apiUrl;
    this.#token = token;
  }

  async send(
    method: string,
    path: string,
    init: { body?: unknown; headers?: Record<string, string> } = {},
  ): Promise<Answer> {
    const { body, headers } = init;
    const response = await fetch(this.#apiUrl + path, {
      method,
      headers: { authorization: `Bearer ${this.#token}`, 'content-type': 'application/json', ...headers },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const answer = { status: response.status, body: (await response.json()) as Record<string, unknown> };
    this.onAnswer(method, path, body, { ...answer, type: response.headers.get('content-type') ?? '' });
    return answer;
  }

  /** Sees what was asked, and what was answered. */
  protected onAnswer(
    _method: string,
    _path: string,
    _body: unknown,
    _answer: Answer & { readonly type: string },
  ): void {}

  presign(body: unknown): Promise<Answer> {
    return this.send('POST', '/nexus/raw/presign-upload', { body });
  }

  register(body: unknown): Promise<Answer> {
    return this.send('POST', '/nexus/raw/register', { body });
  }

  get(assetId: string): Promise<Answer> {
    return this.send('GET', `/nexus/raw/${assetId}`);
  }

  /** Posts `bytes` with a presigned form, as a browser would. */
  async upload({ url, fields }: PresignResponse, bytes: Uint8Array<ArrayBuffer> | string): Promise<Response> {
    const form = new FormData();
    for (const [name, value] of Object.entries(fields)) form.append(name, value);
    form.append('file', new Blob([bytes]));
    return fetch(url, { method: 'POST', body: form });
  }

  /** Presigns and uploads; the asset's id. */
  async uploaded(filename: string, bytes: Uint8Array<ArrayBuffer> | string): Promise<string> {
    const { body } = await this.presign({ filename, sha256: sha256(bytes) });
    const form = body as unknown as PresignResponse;
    const response = await this.upload(form, bytes);
    if (response.status !== 201) throw new Error(`upload: ${response.status} ${await response.text()}`);
    return form.asset_id;
  }
}
