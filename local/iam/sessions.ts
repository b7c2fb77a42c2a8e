import { join } from 'node:path';
import { Journal } from '../disk/journal.ts';
import type { LocalCredentials } from './signer.ts';

/** An assumed role. */
export interface Session {
  readonly credentials: LocalCredentials;
  /** RFC 3339. */
  readonly expiration: string;
  readonly roleArn: string;
  readonly name: string;
  readonly tags: Readonly<Record<string, string>>;
}

/** The sessions that STS gave out, on disk: what was signed before a restart is good after it. */
export class Sessions {
  readonly #journal: Journal<Session>;
  readonly #sessions: Map<string, Session>;

  /** Opens those kept in `dir`, without those that have expired. */
  constructor(dir: string, now: Date) {
    const path = join(dir, 'sessions.jsonl');
    const { journal, entries } = Journal.open<Session>(path);
    journal.close();
    const current = entries.filter(({ expiration }) => new Date(expiration) > now);
    this.#journal = Journal.rewrite(path, current);
    this.#sessions = new Map(current.map((session) => [session.credentials.accessKeyId, session]));
  }

  find(accessKeyId: string): Session | undefined {
    return this.#sessions.get(accessKeyId);
  }

  add(session: Session): void {
    this.#journal.append(session);
    this.#sessions.set(session.credentials.accessKeyId, session);
  }

  close(): void {
    this.#journal.close();
  }
}
