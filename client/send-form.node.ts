import { randomUUID } from 'node:crypto';
import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { NexusError } from './errors.ts';
import type { Answer, FormToSend } from './form.ts';

/**
 * Sends a form whose file is read no faster than the other side takes it: `fetch` would keep hundreds of megabytes in memory.
 * https://html.spec.whatwg.org/multipage/form-control-infrastructure.html#multipart-form-data
 *
 * @throws NexusError `unreadable_file`; any other error where the connection fails
 */
export async function sendForm({ url, fields, blob, onBytes, signal }: FormToSend): Promise<Answer> {
  const boundary = `----nexus-${randomUUID()}`;
  const part = (name: string, more = '') =>
    `--${boundary}\r\nContent-Disposition: form-data; name="${escaped(name)}"${more}\r\n`;
  const before = Object.entries(fields).map(([name, value]) => `${part(name)}\r\n${value}\r\n`);
  const head = Buffer.from(
    `${before.join('')}${part('file', '; filename="file"')}Content-Type: application/octet-stream\r\n\r\n`,
  );
  const tail = Buffer.from(`\r\n--${boundary}--\r\n`);
  let unreadable: unknown;
  async function* body() {
    yield head;
    let loaded = 0;
    try {
      for await (const chunk of blob.stream()) {
        yield chunk;
        loaded += chunk.length;
        onBytes(loaded);
      }
    } catch (error) {
      unreadable = error;
      throw error;
    }
    yield tail;
  }
  const send = url.startsWith('https:') ? requestHttps : requestHttp;
  const request = send(url, {
    method: 'POST',
    signal,
    headers: {
      'content-type': `multipart/form-data; boundary=${boundary}`,
      'content-length': head.length + blob.size + tail.length,
    },
  });
  const answered = new Promise<Answer>((resolve, reject) => {
    request.on('error', reject);
    request.on('response', (response) => {
      text(response).then((told) => resolve({ status: response.statusCode ?? 0, text: told }), reject);
    });
  });
  // What fails here fails the request; an answer that came before the end counts all the same.
  pipeline(Readable.from(body()), request).catch(() => {});
  try {
    return await answered;
  } catch (error) {
    if (unreadable === undefined) throw error;
    throw new NexusError('unreadable_file', 'The file has changed, or cannot be read', { cause: unreadable });
  }
}

function escaped(name: string): string {
  return name.replaceAll('"', '%22').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}
