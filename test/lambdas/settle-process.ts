/**
 * Runs settle's bundle on the event in its standard input, as Lambda would, and ends with 0 where nothing is to come again.
 * Where its argument is a number, it is killed at that half of a call: even before the call, odd once its answer is there.
 */
import { subscribe } from 'node:diagnostics_channel';
import { createRequire } from 'node:module';
import { json } from 'node:stream/consumers';

const killAt = process.argv[2] === undefined ? -1 : Number(process.argv[2]);
let halves = 0;

function pass(): void {
  if (halves++ !== killAt) return;
  process.kill(process.pid, 'SIGKILL');
  // Nothing runs until the signal is here.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
}

subscribe('http.client.request.created', pass);
subscribe('http.client.response.finish', pass);

const event = await json(process.stdin);
const { handler } = createRequire(import.meta.url)('../../.build/settle/index.js');
const { batchItemFailures } = await handler(event);
process.exit(batchItemFailures.length);
