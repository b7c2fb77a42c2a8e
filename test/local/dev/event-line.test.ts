import { expect, test } from 'vitest';
import type { DatasetEvent } from '#contract/events';
import { formatEvent } from '../../../local/dev/event-line.ts';

const event = {
  occurred_at: '2026-03-12T19:03:58.000Z',
  event_type: 'raw_asset_registered',
  tenant_id: 't_demo',
  asset_id: '8b0f8d3e-0000-4000-8000-000000000000',
  asset: { filename: 'two words.txt', size_bytes: 12 },
} as DatasetEvent;

test('an event is one line', () => {
  expect(formatEvent(event)).toBe(
    '2026-03-12T19:03:58.000Z  raw_asset_registered  t_demo  8b0f8d3e-0000-4000-8000-000000000000  "two words.txt"  12 bytes',
  );
});

test('a size that nobody declared is told so', () => {
  const presigned = { ...event, event_type: 'raw_asset_presigned', asset: { filename: 'a' } } as DatasetEvent;
  expect(formatEvent(presigned)).toMatch(/"a" {2}size not declared$/);
});
