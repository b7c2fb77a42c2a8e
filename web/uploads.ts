import { Turns } from '../client/concurrency.ts';
import type { Client } from '../client/index.ts';
import { randomUuid } from '../client/random-uuid.ts';
import { button, byId, element } from './dom.ts';

/** How many files are sent at a time. */
const turns = new Turns(4);

/** Uploads files, each with a line of its own: its phase and progress, a way to cancel it, and to try again. */
export function uploadFiles(client: Client, files: Iterable<File>, onRegistered: () => void): void {
  for (const file of files) new UploadLine(client, file, onRegistered).start();
}

class UploadLine {
  readonly #client: Client;
  readonly #file: File;
  readonly #onRegistered: () => void;
  readonly #bar = element('progress');
  readonly #state = element('span', 'waiting');
  readonly #action = element('span');
  /** The same for every attempt, so that the file is one asset. */
  readonly #assetId = randomUuid();
  readonly #line: HTMLLIElement;

  constructor(client: Client, file: File, onRegistered: () => void) {
    this.#client = client;
    this.#file = file;
    this.#onRegistered = onRegistered;
    this.#bar.max = 1;
    this.#bar.value = 0;
    this.#bar.setAttribute('aria-label', `Progress of ${file.name}`);
    this.#line = element('li', '', [element('span', file.name), this.#bar, this.#state, this.#action]);
    byId('uploads').prepend(this.#line);
  }

  async start(): Promise<void> {
    const stop = new AbortController();
    this.#say(
      'waiting',
      button('Cancel', `Cancel ${this.#file.name}`, () => stop.abort()),
    );
    const path = this.#file.webkitRelativePath;
    try {
      await turns.run(() =>
        this.#client.upload(this.#file, {
          assetId: this.#assetId,
          signal: stop.signal,
          ...(path !== '' && { metadata: { path } }),
          onProgress: ({ phase, fraction }) => {
            this.#bar.value = fraction;
            this.#state.textContent = phase;
          },
        }),
      );
      this.#say('registered');
      this.#onRegistered();
    } catch (error) {
      const again = button('Retry', `Retry ${this.#file.name}`, () => void this.start());
      this.#say(stop.signal.aborted ? 'cancelled' : (error as Error).message, again);
      this.#line.classList.toggle('failed', !stop.signal.aborted);
    }
  }

  #say(state: string, action?: HTMLButtonElement): void {
    this.#line.classList.remove('failed');
    this.#state.textContent = state;
    this.#action.replaceChildren(...(action ? [action] : []));
  }
}
