import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readdirSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { type ClientRequest, type IncomingMessage, request } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FORM_TYPE, formBody, postForm, signedForm } from '../../support/post-form.ts';
import { BUCKET, type S3Server, startS3Server } from '../../support/s3-server.ts';

const MIB = 1024 * 1024;

let server: S3Server;
beforeEach(async () => {
  server = await startS3Server();
});
afterEach(() => server.close());

const inStaging = () => readdirSync(join(server.dir, 'staging'));
const inData = () => readdirSync(join(server.dir, 'data'));

/** The bytes of a form before its file and after it. */
function formAround(conditions: readonly unknown[]): { head: Buffer; end: Buffer } {
  const parts = signedForm({ conditions }).map(([name, value]) => ({ name, value }));
  const form = formBody([...parts, { name: 'file', value: '', filename: 'big.bin' }]);
  const cut = form.lastIndexOf('\r\n--');
  return { head: form.subarray(0, cut), end: form.subarray(cut) };
}

/** Begins to post a form whose file is `size` bytes long; its bytes are still to be written. */
function beginPost(conditions: readonly unknown[], size: number) {
  const { head, end } = formAround(conditions);
  const headers = { 'content-type': FORM_TYPE, 'content-length': head.length + size + end.length };
  return { post: request(`${server.url}/${BUCKET}`, { method: 'POST', headers }), head, end };
}

/** The lines that begin the file's part, after its boundary. */
function fileHead(head: Buffer): Buffer {
  return head.subarray(head.lastIndexOf('\r\nContent-Disposition'));
}

function responseTo(post: ClientRequest): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => post.on('response', resolve).on('error', reject));
}

describe('a large file', () => {
  it('goes to disk as it comes, with less than 100 MiB of memory', async () => {
    const size = 512 * MIB;
    const { post, head, end } = beginPost([['content-length-range', size, size]], size);
    const chunk = Buffer.alloc(MIB, 'any bytes');
    const expected = createHash('sha256');
    const before = process.memoryUsage().rss;
    let peak = before;
    function* body() {
      yield head;
      for (let sent = 0; sent < size; sent += chunk.length) {
        peak = Math.max(peak, process.memoryUsage().rss);
        expected.update(chunk);
        yield chunk;
      }
      yield end;
    }
    const answered = responseTo(post);
    await pipeline(Readable.from(body()), post);
    expect((await answered).statusCode).toBe(204);
    expect(server.store.find(BUCKET, 'a key')).toMatchObject({ size, sha256: expected.digest('base64') });
    expect(Math.round((peak - before) / MIB)).toBeLessThan(100);
  }, 60_000);
});

describe('a file over its limit', () => {
  const limit = [['content-length-range', 0, 1000]];
  const size = 32 * MIB;
  const refused = { status: 400, code: 'EntityTooLarge' };

  it('is refused at once, before it has come to its end', async () => {
    const { post, head } = beginPost(limit, size);
    const answered = responseTo(post);
    post.write(head);
    post.write(Buffer.alloc(MIB));
    const response = await answered;
    expect(response.statusCode).toBe(400);
    expect((await response.toArray()).join('')).toContain('<Code>EntityTooLarge</Code>');
    expect(inStaging()).toEqual([]);
    post.on('error', () => {}).destroy();
  });

  it('is read to its end from a client that sends it all the same', async () => {
    const { head, end } = formAround(limit);
    const { port, host } = new URL(server.url);
    const socket = connect(Number(port), '127.0.0.1');
    const received = socket.toArray();
    const length = head.length + size + end.length;
    const headers = `host: ${host}\r\ncontent-type: ${FORM_TYPE}\r\ncontent-length: ${length}`;
    function* sent() {
      yield Buffer.from(`POST /${BUCKET} HTTP/1.1\r\n${headers}\r\n\r\n`);
      yield head;
      for (let rest = size; rest > 0; rest -= MIB) yield Buffer.alloc(MIB);
      yield end;
      yield Buffer.from(`GET / HTTP/1.1\r\nhost: ${host}\r\nconnection: close\r\n\r\n`);
    }
    for (const piece of sent()) if (!socket.write(piece)) await once(socket, 'drain');
    const statuses = Buffer.concat(await received)
      .toString()
      .match(/(?<=HTTP\/1\.1 )\d+/g);
    expect(statuses).toEqual(['400', '403']);
  });

  it('is refused in a way that fetch sees', async () => {
    expect(await postForm(server.url, signedForm({ conditions: limit }), Buffer.alloc(size))).toMatchObject(
      refused,
    );
    expect([...inStaging(), ...inData()]).toEqual([]);
  });

  it('is refused in a way that curl sees', async () => {
    const file = join(server.dir, 'file');
    writeFileSync(file, '');
    truncateSync(file, size);
    const form = signedForm({ conditions: limit }).flatMap(([name, value]) => [
      '--form-string',
      `${name}=${value}`,
    ]);
    const { stdout } = await promisify(execFile)('curl', [
      ...['--silent', '--show-error', '--write-out', '\n%{http_code}'],
      ...form,
      ...['--form', `file=@${file}`, `${server.url}/${BUCKET}`],
    ]);
    expect(stdout).toContain('<Code>EntityTooLarge</Code>');
    expect(stdout).toMatch(/\n400$/);
    expect([...inStaging(), ...inData()]).toEqual([]);
  });
});

it('a connection that is cut leaves nothing', async () => {
  const { post, head } = beginPost([], 4 * MIB);
  const failed = responseTo(post).catch((error) => error);
  post.write(head);
  post.write(Buffer.alloc(2 * MIB));
  await expect.poll(inStaging).toHaveLength(1);
  post.destroy();
  expect(await failed).toBeInstanceOf(Error);
  await expect.poll(inStaging).toEqual([]);
  expect(inData()).toEqual([]);
  expect(server.store.find(BUCKET, 'a key')).toBeUndefined();
  expect((await postForm(server.url, signedForm())).status).toBe(204);
});

it('a file whose SHA-256 is another leaves nothing', async () => {
  const field = ['x-amz-checksum-sha256', Buffer.alloc(32).toString('base64')] as const;
  const form = signedForm({ fields: [field], conditions: [Object.fromEntries([field])] });
  expect(await postForm(server.url, form)).toMatchObject({ status: 400, code: 'BadDigest' });
  expect([...inStaging(), ...inData()]).toEqual([]);
});

it('a second file that comes late leaves nothing of the first', async () => {
  const { head, end } = formAround([]);
  const second = Buffer.concat([end.subarray(0, end.lastIndexOf('--')), fileHead(head), end]);
  const post = request(`${server.url}/${BUCKET}`, {
    method: 'POST',
    headers: { 'content-type': FORM_TYPE, 'content-length': head.length + 7 + second.length },
  });
  const answered = responseTo(post);
  post.write(head);
  post.write(`content${end.subarray(0, end.lastIndexOf('--'))}`);
  await expect
    .poll(() => inStaging().map((name) => statSync(join(server.dir, 'staging', name)).size))
    .toEqual([7]);
  post.end(second.subarray(end.lastIndexOf('--')));
  expect((await answered).statusCode).toBe(400);
  expect([...inStaging(), ...inData()]).toEqual([]);
});

it('a form that comes byte by byte is one form', async () => {
  const { post, head, end } = beginPost([], 7);
  const answered = responseTo(post);
  post.setNoDelay(true);
  for (const byte of Buffer.concat([head, Buffer.from('con\r\nte'), end])) {
    post.write(Buffer.from([byte]));
    if (byte === 10) await new Promise(setImmediate);
  }
  post.end();
  expect((await answered).statusCode).toBe(204);
  expect(server.store.find(BUCKET, 'a key')).toMatchObject({ size: 7 });
});

it('many forms at once are kept apart', async () => {
  const numbers = Array.from({ length: 30 }, (_, index) => index);
  const posts = numbers.map((it) =>
    postForm(server.url, signedForm({ key: `key ${it}` }), 'x'.repeat(it * 10_000)),
  );
  for (const { status } of await Promise.all(posts)) expect(status).toBe(204);
  for (const it of numbers)
    expect(server.store.find(BUCKET, `key ${it}`)).toMatchObject({ size: it * 10_000 });
});
