import { DynamoDBClient, ListTablesCommand } from '@aws-sdk/client-dynamodb';
import { ListBucketsCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { DynamoDBDocumentClient, ScanCommand } from '@aws-sdk/lib-dynamodb';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { RawAsset } from '#contract/asset';
import { launchBrowser } from './support/chromium.ts';
import { type Program, startProgram } from './support/program.ts';
import { type ServedPage, servePage } from './support/serve-page.ts';

const CONTENT = 'Grüße';
const SHA256 = 'f83e039796c6453a10f5519e39fd113901572316a1a8ea07cb525d2801dfd074';
const FILE = { name: 'Übung $1.txt', mimeType: 'text/plain', buffer: Buffer.from(CONTENT) };

let site: ServedPage;
let program: Program;
let browser: Browser;

beforeAll(async () => {
  site = await servePage('upload.html');
  program = await startProgram(['--allow-origin', `http://files.example:${site.port}`]);
  browser = await launchBrowser();
});

afterAll(async () => {
  site?.close();
  await browser?.close();
  expect(await program?.stop()).toBe(0);
});

interface Form {
  readonly host?: string;
  readonly token?: string;
  readonly filename?: string;
  /** The bytes that are posted in place of the file's. */
  readonly sent?: string;
}

/** What the page shows: the two assets, or why there are none. */
interface Shown {
  readonly registered?: RawAsset;
  readonly got?: RawAsset;
  readonly status?: number;
  readonly text?: string;
}

/** Opens the page, fills in its form, and resolves with what the page shows then. */
async function upload({
  host = '127.0.0.1',
  token = program.token,
  filename = '',
  sent,
}: Form = {}): Promise<Shown> {
  const page = await browser.newPage();
  await page.goto(`http://${host}:${site.port}/#${new URLSearchParams({ api: program.apiUrl, token })}`);
  await page.getByLabel('File', { exact: true }).setInputFiles(FILE);
  await page.getByLabel('Name').fill(filename);
  if (sent !== undefined)
    await page.getByLabel('Bytes').setInputFiles({ ...FILE, buffer: Buffer.from(sent) });
  await page.getByRole('button', { name: 'Upload' }).click();
  const shown = await page.locator('output:not(:empty)').textContent();
  await page.close();
  return JSON.parse(shown ?? '');
}

test.each(['127.0.0.1', 'localhost', 'files.example'])(
  'a page at %s presigns, posts, registers, and reads the asset',
  async (host) => {
    const { registered, got } = await upload({ host });
    expect(registered).toMatchObject({
      filename: FILE.name,
      sha256: SHA256,
      size_bytes: 7,
      status: 'registered',
    });
    expect(got).toEqual(registered);
  },
);

test('a page of another origin reads nothing', async () => {
  expect(await upload({ host: 'other.example' })).toEqual({ text: 'TypeError: Failed to fetch' });
});

test('why it is refused reaches the page: by the API, by the gateway, by S3', async () => {
  const name = await upload({ filename: 'a/b.txt' });
  expect(name.status).toBe(422);
  expect(JSON.parse(name.text ?? '')).toMatchObject({
    code: 'invalid_request',
    errors: [{ path: 'filename', message: expect.any(String) }],
  });

  const token = await upload({ token: `${program.token}x` });
  expect(token).toEqual({ status: 403, text: '{"message":"Forbidden"}' });

  const bytes = await upload({ sent: CONTENT.toUpperCase() });
  expect(bytes.status).toBe(400);
  expect(bytes.text).toContain('<Code>BadDigest</Code>');
});

test("AWS's SDK finds object and item by the profile that the banner names", async () => {
  const { registered } = await upload();
  // Whoever runs this may have credentials or a region of their own there, which come before a profile's.
  for (const name of Object.keys(process.env)) if (name.startsWith('AWS_')) vi.stubEnv(name, undefined);
  for (const [name, value] of Object.entries(program.awsEnv)) vi.stubEnv(name, value);

  const s3 = new S3Client();
  const { Buckets = [] } = await s3.send(new ListBucketsCommand());
  // The README's lines have the names of bucket and table.
  expect(Buckets.map(({ Name }) => Name)).toContain('raw-bucket');
  const { Contents = [] } = await s3.send(
    new ListObjectsV2Command({ Bucket: 'raw-bucket', Prefix: registered?.key }),
  );
  expect(Contents).toMatchObject([{ Key: registered?.key, Size: 7 }]);

  const dynamodb = DynamoDBDocumentClient.from(new DynamoDBClient());
  const { TableNames = [] } = await dynamodb.send(new ListTablesCommand());
  expect(TableNames).toEqual(['asset-table']);
  const { Items = [] } = await dynamodb.send(new ScanCommand({ TableName: 'asset-table' }));
  expect(Items).toContainEqual(
    expect.objectContaining({ asset_id: registered?.asset_id, status: 'registered' }),
  );
});
