import { readdirSync } from 'node:fs';
import { Agent, type IncomingMessage, request } from 'node:http';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FORM_TYPE, formBody, postForm, signedForm } from '../../support/post-form.ts';
import { BUCKET, type S3Server, startS3Server } from '../../support/s3-server.ts';

const IDLE_MS = 400;

let server: S3Server;
beforeAll(async () => {
  server = await startS3Server({ idleTimeoutMs: IDLE_MS });
});
afterAll(() => server.close());

const inStaging = () => readdirSync(join(server.dir, 'staging'));

const agent = new Agent({ keepAlive: true });
afterAll(() => agent.destroy());

/** Sends pieces of a body, each for itself; the request ends only where they make up its length. */
async function send(
  pieces: readonly (Buffer | string)[],
  { length = Buffer.concat(pieces.map((it) => Buffer.from(it))).length, type = FORM_TYPE, pause = 1 } = {},
) {
  const headers = { 'content-type': type, 'content-length': length };
  const post = request(`${server.url}/${BUCKET}`, { method: 'POST', headers, agent });
  const answered = new Promise<IncomingMessage>((resolve) => post.on('response', resolve));
  // After its answer the server may close the connection.
  post.on('error', () => {});
  post.flushHeaders();
  for (const piece of pieces) {
    post.write(piece);
    await delay(pause);
  }
  const response = await answered;
  const answer = (await response.toArray()).join('');
  post.destroy();
  return {
    status: response.statusCode,
    code: /<Code>(\w+)/.exec(answer)?.[1],
    message: /<Message>([^<]+)/.exec(answer)?.[1],
  };
}

const form = formBody(
  signedForm({ key: 'k' }).map(([name, value]) => ({ name, value })),
  { end: false },
).toString();

describe('a body is answered, whatever it is', () => {
  it.each([
    '\r\n--B\r\n--B\r',
    '\r\n--B--\r\n--B--',
    '--B\r\n--B\r\n--B--',
    '\r\n--B----B\r\n--B--',
    '--B--B\r\n--B------',
    'B\r\n--B--B\r\n--B-----',
    '--B--',
    '--B--\r\nepilogue',
    '',
  ])('%j', async (body) => {
    const { status, code } = await send([body], { type: 'multipart/form-data; boundary=B' });
    expect(status).toBe(400);
    expect(code).toMatch(/^(MalformedPOSTRequest|InvalidArgument)$/);
  });

  it('made of pieces of forms, and cut anywhere', async () => {
    const boundary = FORM_TYPE.slice(FORM_TYPE.indexOf('=') + 1);
    const piece = fc.constantFrom(
      ...['\r\n', '\r', '\n', '-', '--', 'x', '\r\n\r\n', `--${boundary}`, `\r\n--${boundary}`],
      ...[`\r\n--${boundary}\r\n`, `\r\n--${boundary}--`, `\r\n--${boundary}--\r\n`],
      'Content-Disposition: form-data; name="file"; filename="a"\r\n\r\n',
      `--${boundary}\r\nContent-Disposition: form-data; name="file"\r\n\r\n`,
      ...[form, 'y'.repeat(70_000)],
    );
    const pieces = fc.array(piece, { minLength: 1, maxLength: 9 });
    await fc.assert(
      fc.asyncProperty(
        fc.boolean(),
        pieces,
        fc.double({ min: 0, max: 1, noNaN: true }),
        async (isForm, all, at) => {
          const body = `${isForm ? form : ''}${all.join('')}`;
          const cut = Math.floor(body.length * at);
          expect((await send([body.slice(0, cut), body.slice(cut)])).status).toBeGreaterThanOrEqual(200);
        },
      ),
      { numRuns: 300 },
    );
    expect(inStaging()).toEqual([]);
  });
});

describe('a request that stops', () => {
  const file = `--${FORM_TYPE.slice(FORM_TYPE.indexOf('=') + 1)}\r\nContent-Disposition: form-data; name="file"\r\n\r\n`;
  it.each([
    ['before its first byte', []],
    ['among its fields', [form.slice(0, 300)]],
    ['in its file', [form, file, 'content']],
  ])('%s is refused as S3 does, and leaves nothing', async (_, pieces) => {
    expect(await send(pieces, { length: 1_000_000 })).toEqual({
      status: 400,
      code: 'RequestTimeout',
      message:
        'Your socket connection to the server was not read from or written to within the timeout period. Idle connections will be closed.',
    });
    expect(inStaging()).toEqual([]);
  });

  it('after its refusal has been refused at once', async () => {
    const unsigned = form.replace('x-amz-signature', 'x-ignore-signature');
    const answer = await send([unsigned, file, 'content'], { length: 1_000_000 });
    expect(answer).toMatchObject({ status: 400, code: 'InvalidArgument' });
  });

  it('does not when it comes slowly', async () => {
    const body = formBody([
      ...signedForm({ key: 'slow' }).map(([name, value]) => ({ name, value })),
      { name: 'file', value: 'content' },
    ]);
    const size = Math.ceil(body.length / 8);
    const pieces = Array.from({ length: 8 }, (_, index) => body.subarray(index * size, (index + 1) * size));
    expect((await send(pieces, { pause: IDLE_MS / 4 })).status).toBe(204);
  });
});

it('takes forms after all that', async () => {
  expect((await postForm(server.url, signedForm({ key: 'after' }))).status).toBe(204);
});
