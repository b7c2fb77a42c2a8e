import { join } from 'node:path';
import { Journal } from '../disk/journal.ts';
import type { LocalCredentials } from './signer.ts';

/** A role that was assumed, with the credentials that were given out for it. */
export interface Session {
  readonly credentials: LocalCredentials;
  /** RFC 3339. */
  readonly expiration: string;
  readonly roleArn: string;
  readonly name: string;
  readonly tags: Readonly<Record<string, string>>;
}

/** The sessions that STS has given out. They are kept on disk, so that a URL signed before a restart is good after it. */
export class Sessions {
  readonly #journal: Journal<Session>;
  readonly #sessions: Map<string, Session>;

  /** Opens the sessions kept in `dir`, and drops those that have expired. */
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
