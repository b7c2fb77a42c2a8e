import type { RegisteredAsset } from '#contract/asset';
import type { RegisterRequest } from '#contract/uploads';
import type { Api } from './api.ts';
import { Batches } from './batches.ts';
import { Change, Turns } from './concurrency.ts';
import { NexusError } from './errors.ts';
import { toUpload, type UploadFile, type UploadValues } from './files.ts';
import type { Progress } from './progress.ts';
import { retrying } from './retry.ts';
import { isAbsent, type UploadCalls, uploadFile } from './upload.ts';

/** One of many files, with what is known of it. */
export interface UploadItem extends UploadValues {
  readonly file: UploadFile;
}

export interface UploadAllOptions<TItem> {
  /** How many files are sent at the same time, and how many are hashed meanwhile. @default 8 */
  readonly concurrency?: number;
  /**
   * Asks first whether an `assetId` is registered already, in one call for a hundred files, and then sends nothing. Where none of
   * the first hundreds is, the others are not asked for: presign tells of one that is there all the same.
   *
   * @default false
   */
  readonly resume?: boolean;
  readonly signal?: AbortSignal;
  readonly onProgress?: (item: TItem, progress: Progress) => void;
}

/** What became of one file. */
export type UploadOutcome<TItem> =
  | {
      readonly item: TItem;
      readonly asset: RegisteredAsset;
      /** Whether its bytes were sent: not where the asset was registered already. */
      readonly sent: boolean;
    }
  | { readonly item: TItem; readonly error: NexusError };

/** How many files are under way, those that wait in a batch included. */
const UNDER_WAY = 300;

/**
 * Uploads many files, each at most once, with a few calls to the API for a hundred. Files are taken from the input as others end,
 * so that it may be endless. Outcomes come as they are there; a file that fails stops no other, and whoever stops to read ends all.
 *
 * @throws TypeError for a `concurrency` by which no file would ever be sent; what the input throws
 */
export async function* uploadAll<TItem extends UploadItem>(
  api: Api,
  items: Iterable<TItem> | AsyncIterable<TItem>,
  { concurrency = 8, resume = false, signal, onProgress }: UploadAllOptions<TItem> = {},
): AsyncGenerator<UploadOutcome<TItem>, void, undefined> {
  if (!(concurrency >= 1)) throw new TypeError(`concurrency is a number from 1, not ${concurrency}`);
  const stop = new AbortController();
  const signals = AbortSignal.any(signal ? [signal, stop.signal] : [stop.signal]);
  const presigns = new Batches(api, 'raw/batch/presign-upload', signals);
  const registers = new Batches(api, 'raw/batch/register', signals);
  const turns = new Turns(concurrency);
  // Those under way are too many to be read at once: a browser takes a worker, or a file's bytes, for each.
  const hashing = new Turns(concurrency);
  const ended: UploadOutcome<TItem>[] = [];
  const changed = new Change();
  let running = 0;
  let isInputOpen = true;
  let isAsking = resume;
  let isFound = false;
  let answered = 0;

  /** Nobody comes any more to fill up the batches in which all that run are waiting. */
  const flushIfAllWait = () => {
    if (isInputOpen && running + ended.length < UNDER_WAY) return;
    if (presigns.waiting + registers.waiting < running) return;
    presigns.flush();
    registers.flush();
  };
  const ask = <T>(batches: Batches, request: object): Promise<T> =>
    retrying(() => {
      const answer = batches.add<T>(request);
      flushIfAllWait();
      return answer;
    }, signals);
  const register = (request: RegisterRequest) => ask<RegisteredAsset>(registers, request);

  const one = async (item: TItem): Promise<UploadOutcome<TItem>> => {
    const upload = toUpload(item.file, item);
    const { assetId: asset_id, filename, sha256 } = upload;
    if (isAsking) {
      const request = { asset_id, filename, ...(sha256 !== undefined && { sha256 }) };
      const asset = await register(request).catch(ifAbsent);
      answered += 1;
      isFound ||= asset !== undefined;
      if (answered >= ENOUGH && !isFound) isAsking = false;
      if (asset !== undefined) return { item, asset, sent: false };
    }
    let sent = false;
    const calls: UploadCalls = {
      presign: (request) => ask(presigns, request),
      register,
      cancel: (assetId, until) => api.cancel(assetId, until),
      send(work) {
        sent = true;
        return turns.run(work);
      },
      hash: (work) => hashing.run(work),
    };
    const report = onProgress && ((progress: Progress) => onProgress(item, progress));
    const asset = await uploadFile(upload, calls, { signal: signals, onProgress: report });
    return { item, asset, sent };
  };
  const start = async (item: TItem) => {
    running += 1;
    const outcome = await one(item).catch((error): UploadOutcome<TItem> => ({ item, error: toError(error) }));
    running -= 1;
    ended.push(outcome);
    changed.tell();
    flushIfAllWait();
  };
  const takeInput = async () => {
    try {
      for await (const item of items) {
        if (signals.aborted) return;
        void start(item);
        while (running + ended.length >= UNDER_WAY && !signals.aborted) await changed.next();
      }
    } finally {
      isInputOpen = false;
      changed.tell();
      flushIfAllWait();
    }
  };

  const input = takeInput();
  // Told at the end, once those that run have ended.
  input.catch(() => {});
  try {
    while (isInputOpen || running > 0 || ended.length > 0) {
      const outcome = ended.shift();
      if (outcome === undefined) {
        await changed.next();
      } else {
        changed.tell();
        yield outcome;
      }
    }
    await input;
  } finally {
    stop.abort();
  }
}

/** After so many of which none is there the rest is taken to be new. */
const ENOUGH = 200;

function ifAbsent(error: unknown): undefined {
  if (!isAbsent(error)) throw error;
}

function toError(error: unknown): NexusError {
  return error instanceof NexusError ? error : new NexusError('bad_answer', String(error), { cause: error });
}
