import { hashStream } from './hash-stream.ts';

/** What the worker tells of a blob: how far it is, and then its SHA-256, or what went wrong. */
export interface FromHashWorker {
  readonly loaded?: number;
  readonly hex?: string;
  readonly error?: string;
}

const tell = (message: FromHashWorker) => postMessage(message);

addEventListener('message', ({ data }) => {
  hashStream(data as Blob, (loaded) => tell({ loaded })).then(
    (hex) => tell({ hex }),
    (error) => tell({ error: String(error) }),
  );
});
