import { afterEach, describe, expect, it, vi } from 'vitest';
import { MAX_BATCH_BYTES, MAX_ITEMS } from '#contract/batch';
import { ROUTES } from '#contract/routes';
import { PresignRequest, RegisterRequest } from '#contract/uploads';
import { batch } from '#core/http/batch';
import { MAX_BODY_BYTES, parseInput } from '#core/http/route-input';
import { apiEvent } from '../../../support/api-event.ts';
import { caller } from '../../../support/asset-records.ts';

const MB = 1e6;
const asset_id = '0e3e4b3a-8f0e-4b58-9c0a-2f4f0f6d5a11';
const fill = (unit: string, length: number) => unit.repeat(Math.max(0, Math.floor(length / unit.length)));

/** Bodies of about `length` characters whose every part costs as much as a body's can. */
const BODIES: Readonly<Record<string, (length: number) => string>> = {
  'combining marks in a filename': (length) => `{"filename":"a${fill('\u0315\u0300', length - 20)}"}`,
  'combining marks, escaped': (length) => `{"filename":"a${fill('\\u0315\\u0300', length - 20)}"}`,
  'spaces in a content type': (length) => `{"filename":"a","content_type":"a/b;${fill(' ', length - 40)}x"}`,
  'parameters of a content type': (length) =>
    `{"filename":"a","content_type":"a/b${fill(';a=b', length - 40)}"}`,
  'a backslash a character': (length) =>
    `{"filename":"a","content_type":"a/b;a=\\"${fill('\\\\\\"', length - 50)}"}`,
  'an unknown field of any name': (length) => `{"filename":"a","${fill('b', length - 30)}":1}`,
  'very many fields': (length) =>
    `{"filename":"a"${Array.from({ length: length / 11 }, (_, at) => `,"${at.toString(36)}":0`).join('')}}`,
  'very many numbers': (length) =>
    `{"asset_id":"${asset_id}","metadata":{"a":[${fill('0,', length - 80)}0]}}`,
  'numbers that are kept as text': (length) =>
    `{"asset_id":"${asset_id}","metadata":{"a":[${fill('1.0,', length - 80)}0]}}`,
  'digits of one number': (length) => `{"asset_id":"${asset_id}","metadata":{"a":${fill('1', length - 80)}}}`,
  'digits of a size': (length) => `{"filename":"a","size_bytes":${fill('1', length - 40)}}`,
  'zeros before a decimal': (length) =>
    `{"asset_id":"${asset_id}","metadata":{"a":0.${fill('0', length - 80)}1}}`,
  'levels of lists': (length) =>
    `{"filename":"a","b":${fill('[', length / 2 - 20)}${fill(']', length / 2 - 20)}}`,
  'levels of metadata': (length) => {
    const levels = Math.floor((length - 80) / 6);
    return `{"asset_id":"${asset_id}","metadata":${'{"a":'.repeat(levels)}{}${'}'.repeat(levels)}}`;
  },
  'empty objects': (length) => `{"asset_id":"${asset_id}","metadata":{"a":[${fill('{},', length - 80)}0]}}`,
  'spaces alone': (length) => fill(' ', length),
  'an open quote after another': (length) => fill('"\\', length),
};

/** @returns milliseconds of CPU that the two routes together take for a body */
function costOf(body: string, isBase64Encoded: boolean): number {
  const event = apiEvent(body, { isBase64Encoded });
  const before = process.cpuUsage();
  for (const { request } of [ROUTES.presignUpload, ROUTES.register]) {
    try {
      parseInput(request, event);
    } catch {}
  }
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

afterEach(() => vi.restoreAllMocks());

describe('no body keeps a function busy', () => {
  it.each(Object.entries(BODIES))('%s', (what, body) => {
    const parsed = vi.spyOn(JSON, 'parse');
    const decoded = vi.spyOn(TextDecoder.prototype, 'decode');
    const normalized = vi.spyOn(String.prototype, 'normalize');
    const largest = body(10 * MB);
    expect(body(MAX_BODY_BYTES).length).toBeLessThanOrEqual(MAX_BODY_BYTES);
    const costs = [
      costOf(body(MAX_BODY_BYTES), false),
      costOf(largest, false),
      costOf(Buffer.from(largest).toString('base64'), true),
    ];
    // What can be relied upon on any machine: nothing that is longer is looked at.
    for (const [text] of parsed.mock.calls) expect(text.length).toBeLessThanOrEqual(MAX_BODY_BYTES);
    expect(decoded).not.toHaveBeenCalled();
    for (const name of normalized.mock.contexts) expect(String(name).length).toBeLessThanOrEqual(1020);
    console.log(
      `${what}: ${costs.map((cost) => cost.toFixed(1)).join(', ')} ms of CPU at 64 KiB, 10 MB, in base64`,
    );
  });
});

/** A batch of about `length` characters, of as many items as it may have. */
function batchOf(item: (length: number) => string, length: number): string {
  const each = Math.floor(length / MAX_ITEMS) - 2;
  return `{"items":[${Array(MAX_ITEMS).fill(item(each)).join()}]}`;
}

/** Bodies of a batch whose every part costs as much as it can. */
const BATCHES: Readonly<Record<string, (length: number) => string>> = {
  ...Object.fromEntries(
    Object.entries(BODIES).map(([what, body]) => [`100 of: ${what}`, (length) => batchOf(body, length)]),
  ),
  'very many items': (length) => `{"items":[${fill('0,', length - 20)}0]}`,
  'very many empty items': (length) => `{"items":[${fill('{},', length - 20)}{}]}`,
};

/** @returns milliseconds of CPU that the two routes together take for a batch whose items do nothing once they are parsed */
async function costOfBatch(body: string): Promise<number> {
  const before = process.cpuUsage();
  const context = { caller, deadline: Date.now() + 60_000, onDone: () => {} };
  const work = async () => ({ asset_id });
  try {
    const { items } = parseInput(ROUTES.batchPresignUpload.request, apiEvent(body)).body;
    await batch(items, PresignRequest, context, work);
  } catch {}
  try {
    const { items } = parseInput(ROUTES.batchRegister.request, apiEvent(body)).body;
    await batch(items, RegisterRequest, context, work);
  } catch {}
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

describe('no batch keeps a function busy', () => {
  it.each(Object.entries(BATCHES))('%s', async (what, body) => {
    vi.spyOn(console, 'info').mockReturnValue();
    const parsed = vi.spyOn(JSON, 'parse');
    const normalized = vi.spyOn(String.prototype, 'normalize');
    const largest = body(MAX_BATCH_BYTES);
    expect(largest.length).toBeLessThanOrEqual(MAX_BATCH_BYTES);
    const costs = [await costOfBatch(largest), await costOfBatch(body(10 * MB))];
    for (const [text] of parsed.mock.calls) expect(text.length).toBeLessThanOrEqual(MAX_BATCH_BYTES);
    for (const name of normalized.mock.contexts) expect(String(name).length).toBeLessThanOrEqual(1020);
    console.log(`${what}: ${costs.map((cost) => cost.toFixed(1)).join(', ')} ms of CPU at 2 MiB, 10 MB`);
  });
});
