import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { fromItem } from '#core/assets/asset-record';
import { loadApi } from '../support/api-handlers.ts';
import { BUCKET, postForm, startAws, TABLE, type TestAws } from '../support/aws.ts';
import { removalRecord, streamRecord } from '../support/stream-record.ts';

let aws: TestAws;
let api: Awaited<ReturnType<typeof loadApi>>;
let settle: typeof import('../../lambdas/settle.ts')['handler'];

beforeAll(async () => {
  aws = await startAws({ as: 'settle' });
  for (const level of ['info', 'warn', 'error'] as const) vi.spyOn(console, level).mockReturnValue();
  vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  ({ handler: settle } = await import('../../lambdas/settle.ts'));
  api = await loadApi();
});
afterAll(async () => {
  vi.restoreAllMocks();
  await aws?.close();
});

/** An upload and what becomes of it; settle is told by the test alone. */
class Upload {
  readonly asset_id: string;
  readonly #form: Parameters<typeof postForm>[0];

  private constructor(form: Upload['form'] & { asset_id: string }) {
    this.asset_id = form.asset_id;
    this.#form = form;
  }

  get form() {
    return this.#form;
  }

  /** @param times how often it is posted */
  static async posted(times: number, body: object = {}): Promise<Upload> {
    const upload = new Upload((await api.presign({ filename: 'a.txt', ...body })).body);
    for (let time = 0; time < times; time++) await upload.post();
    return upload;
  }

  async post(): Promise<void> {
    expect((await postForm(this.form, Buffer.from('abc'))).status).toBe(201);
  }

  /** Those that are stored, in the order in which they came; delete markers too, of which there is none. */
  get versions() {
    return [...aws.store.keys(BUCKET)]
      .filter(([key]) => key.includes(this.asset_id))
      .flatMap(([, stored]) => stored.toReversed());
  }

  async item() {
    const key = marshall({ pk: `t_acme#dev#${this.asset_id}` });
    const { Item } = (await aws.table.handle('GetItem', { TableName: TABLE, Key: key })) as { Item: never };
    return unmarshall(Item);
  }

  record = async () => fromItem(await this.item());

  /** What S3 says of one of the versions that are stored now. */
  arrival(index: number) {
    const version = this.versions[index];
    const object = { key: version?.key, 'version-id': version?.versionId };
    const body = JSON.stringify({ detail: { bucket: { name: BUCKET }, object } });
    return { Records: [{ messageId: `m${index}`, body }] };
  }

  /** Tells settle, which lives, of all that is stored. */
  async noted(): Promise<this> {
    for (const index of this.versions.keys()) await settle(this.arrival(index) as never);
    return this;
  }

  /** What the stream says of a change. */
  async changed(change: () => Promise<{ status: number }>) {
    const before = await this.record();
    expect((await change()).status).toBe(200);
    return { Records: [streamRecord(await this.record(), before)] };
  }

  call = (name: Parameters<typeof api.one>[0]) => () => api.one(name, this.asset_id);
  register = () => api.register({ asset_id: this.asset_id });
}

interface Case {
  /** How far it is, and what settle is told then. */
  readonly before: () => Promise<readonly [Upload, { readonly Records: readonly object[] }]>;
  /** What is to be there in the end: which of the versions that were stored before, and the item's marks. */
  readonly kept: (versions: readonly string[]) => readonly string[];
  readonly item: (versions: readonly string[]) => object;
  /** The calls that settle makes, sessions included. */
  readonly calls: number;
}

const none = () => [];
const all = (versions: readonly string[]) => versions;
const last = (versions: readonly string[]) => versions.slice(-1);

const CASES: Readonly<Record<string, Case>> = {
  'a version is noted': {
    async before() {
      const upload = await Upload.posted(1);
      return [upload, upload.arrival(0)];
    },
    kept: all,
    item: ([only]) => ({ status: 'presigned', arrived: only }),
    calls: 3,
  },
  'a second one makes several': {
    async before() {
      const upload = await (await Upload.posted(1)).noted();
      await upload.post();
      return [upload, upload.arrival(1)];
    },
    kept: all,
    item: () => ({ status: 'presigned', arrived: '*' }),
    calls: 3,
  },
  'one that registers itself is registered, by one change': {
    async before() {
      const upload = await Upload.posted(1, { register: 'on_upload' });
      return [upload, upload.arrival(0)];
    },
    kept: all,
    item: ([only]) => ({ status: 'registered', version_id: only, changes: 1 }),
    // Its bytes are read to be hashed.
    calls: 5,
  },
  'one that comes after its upload was cancelled is removed': {
    async before() {
      const upload = await Upload.posted(0);
      await upload.call('cancelUpload')();
      await upload.post();
      return [upload, upload.arrival(0)];
    },
    kept: none,
    item: () => ({ status: 'expired' }),
    calls: 4,
  },
  'another than the registered one is removed': {
    async before() {
      const upload = await Upload.posted(2);
      await upload.register();
      return [upload, upload.arrival(0)];
    },
    kept: last,
    item: ([, recorded]) => ({ status: 'registered', version_id: recorded }),
    calls: 4,
  },
  'what was noted goes when its upload is cancelled': {
    async before() {
      const upload = await (await Upload.posted(1)).noted();
      return [upload, await upload.changed(upload.call('cancelUpload'))];
    },
    kept: none,
    item: () => ({ status: 'expired' }),
    calls: 3,
  },
  'several go when their upload is cancelled': {
    async before() {
      const upload = await (await Upload.posted(3)).noted();
      return [upload, await upload.changed(upload.call('cancelUpload'))];
    },
    kept: none,
    item: () => ({ status: 'expired' }),
    calls: 7,
  },
  'of several all go but the registered one': {
    async before() {
      const upload = await (await Upload.posted(3)).noted();
      return [upload, await upload.changed(upload.register)];
    },
    kept: last,
    item: ([, , recorded]) => ({ status: 'registered', version_id: recorded }),
    calls: 6,
  },
  'of several the next life takes the rest along': {
    async before() {
      const upload = await (await Upload.posted(2)).noted();
      const ended = await upload.changed(upload.call('cancelUpload'));
      await api.presign({ asset_id: upload.asset_id, filename: 'a.txt' });
      return [upload, ended];
    },
    kept: all,
    item: () => ({ status: 'presigned', arrived: '*' }),
    calls: 5,
  },
  'the bytes of an erased asset go': {
    async before() {
      const upload = await Upload.posted(1);
      await upload.register();
      return [upload, await upload.changed(upload.call('eraseAsset'))];
    },
    kept: none,
    item: () => ({ status: 'purged' }),
    calls: 3,
  },
  'the bytes of a deleted asset go when its retention ends': {
    async before() {
      const upload = await Upload.posted(1);
      await upload.register();
      await upload.call('deleteAsset')();
      // Time to Live's own removal is the embedded table's to try: here the item stays, which settle does not read.
      return [upload, { Records: [removalRecord(await upload.record())] }];
    },
    kept: none,
    item: () => ({ status: 'deleted' }),
    calls: 3,
  },
};

/** Runs settle in a process of its own. @returns its exit code, or null where it was killed */
async function run(event: object, killAt?: number): Promise<number | null> {
  const program = join(import.meta.dirname, 'settle-process.ts');
  const args = killAt === undefined ? [program] : [program, String(killAt)];
  const child = spawn(process.execPath, args, { stdio: ['pipe', 'ignore', 'inherit'] });
  child.stdin.end(JSON.stringify(event));
  const [code, signal] = await once(child, 'exit');
  expect(signal === null || signal === 'SIGKILL').toBe(true);
  return code;
}

describe.each(Object.entries(CASES))('%s', (_, { before, kept, item, calls }) => {
  test(`killed before or after any of its calls, it comes to the same end when it is told again`, async () => {
    const tried = async (killAt: number) => {
      const [upload, event] = await before();
      const versions = upload.versions.map(({ versionId }) => versionId);
      const { sequence } = await upload.item();
      const code = await run(event, killAt);
      if (code === null) expect(await run(event)).toBe(0);
      expect(upload.versions.map(({ versionId }) => versionId)).toEqual(kept(versions));
      const after = await upload.item();
      expect({ ...after, changes: after['sequence'] - sequence }).toMatchObject(item(versions));
      return code;
    };
    const kills = Array.from({ length: 2 * calls }, (_, killAt) => killAt);
    // Two at a time.
    const codes: (number | null)[] = [];
    const left = kills.values();
    const lane = async () => {
      for (const killAt of left) codes.push(await tried(killAt));
    };
    await Promise.all([lane(), lane()]);
    expect(codes).toEqual(kills.map(() => null));
    // There is no other call.
    expect(await tried(2 * calls)).toBe(0);
  });
});
