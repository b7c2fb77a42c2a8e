import { expect, test } from 'vitest';
import { formatEvent } from '../../../local/dev/event-line.ts';
import type { StoredEvent } from '../../../local/eventbridge/put-events.ts';

const detail = {
  occurred_at: '2026-03-12T19:03:58.000Z',
  event_type: 'raw_asset_registered',
  tenant_id: 't_demo',
  asset_id: '8b0f8d3e-0000-4000-8000-000000000000',
  asset: { filename: 'two words.txt', size_bytes: 12 },
};
const event = { source: 'nexus.raw-storage', detail } as unknown as StoredEvent;

test('an event is one line', () => {
  expect(formatEvent(event)).toBe(
    '2026-03-12T19:03:58.000Z  raw_asset_registered  t_demo  8b0f8d3e-0000-4000-8000-000000000000  "two words.txt"  12 bytes',
  );
});

test('a size that nobody declared is told so', () => {
  const presigned = { ...detail, event_type: 'raw_asset_presigned', asset: { filename: 'a' } };
  expect(formatEvent({ ...event, detail: presigned })).toMatch(/"a" {2}size not declared$/);
});

test('an erased asset has ids and no more', () => {
  const erased = { ...detail, event_type: 'raw_asset_purged', asset: { status: 'purged' } };
  expect(formatEvent({ ...event, detail: erased })).toBe(
    '2026-03-12T19:03:58.000Z  raw_asset_purged  t_demo  8b0f8d3e-0000-4000-8000-000000000000',
  );
});

test('an event of one’s own is one line too, and not a long one (ministack, moto)', () => {
  const own = {
    source: 'my.app',
    'detail-type': 'tried',
    time: '2026-03-12T19:03:58Z',
    detail: { text: 'line\nline', long: 'x'.repeat(1000) },
  } as unknown as StoredEvent;
  const line = formatEvent(own);
  expect(line).toMatch(/^2026-03-12T19:03:58Z {2}my\.app {2}tried {2}\{"text":"line\\nline"/);
  expect(line).not.toContain('\n');
  expect(line.length).toBeLessThan(300);
});
