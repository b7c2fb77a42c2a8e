import { existsSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Construct } from 'constructs';
import { type BuildFailure, build } from 'esbuild';
import type { RawStorage } from '../../lib/raw-storage.ts';
import type { Mount } from '../template/synth.ts';

/** A handler that is given with `--subscribe` cannot be subscribed; `message` is one line. */
export class SubscriberError extends Error {
  override readonly name = 'SubscriberError';
}

/** The file beside a handler, and what it exports. */
const FILE = 'subscriber.ts';
const CONSTRUCT = 'Subscriber';

type SubscriberConstruct = new (
  scope: Construct,
  id: string,
  props: { readonly storage: RawStorage; readonly entry: string },
) => Construct;

/**
 * Finds the construct that subscribes a handler: `Subscriber`, exported by `subscriber.ts` beside it. It is given the
 * storage, and the handler's path as `entry`.
 *
 * @throws SubscriberError where there is none, or where either file does not compile
 */
export async function loadSubscriber(handler: string): Promise<Mount> {
  const entry = resolve(handler);
  const path = join(dirname(entry), FILE);
  try {
    if (!existsSync(entry)) throw new Error('there is no such file');
    if (basename(entry) === FILE) throw new Error('that is the construct: name the handler beside it');
    if (!existsSync(path)) throw new Error(`there is no ${FILE} beside it`);
    await requireToCompile(entry);
    const Subscriber: SubscriberConstruct | undefined = (await import(pathToFileURL(path).href))[CONSTRUCT];
    if (typeof Subscriber !== 'function') throw new Error(`the ${FILE} beside it exports no ${CONSTRUCT}`);
    return (stack, id, storage) => void new Subscriber(stack, id, { storage, entry });
  } catch (error) {
    throw new SubscriberError(`--subscribe ${handler}: ${(error as Error).message}`, { cause: error });
  }
}

/** Compiles the handler before the construct does, for esbuild's own report there goes over many lines. */
async function requireToCompile(entry: string): Promise<void> {
  try {
    await build({ entryPoints: [entry], bundle: true, write: false, platform: 'node', logLevel: 'silent' });
  } catch (error) {
    const [first] = (error as BuildFailure).errors;
    if (first?.location == null) throw error;
    const { file, line, column } = first.location;
    throw new Error(`${file}:${line}:${column + 1}: ${first.text}`, { cause: error });
  }
}
