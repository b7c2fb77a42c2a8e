import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { partitionKey } from '#core/assets/asset-record';
import { objectKey, objectLocation } from '#core/assets/object-location';
import { keyParts } from '../../../support/arbitraries.ts';

const RUNS = { numRuns: 1000 };

/** Two assets that differ in some of their parts, and share the others: the likelier to be given one key. */
const pair = fc
  .tuple(
    keyParts,
    keyParts,
    fc.record({ tenant_id: fc.boolean(), env: fc.boolean(), asset_id: fc.boolean(), filename: fc.boolean() }),
  )
  .map(([one, other, shared]) => {
    const kept = Object.entries(one).filter(([name]) => shared[name as keyof typeof shared]);
    return [one, { ...other, ...Object.fromEntries(kept) }] as const;
  });

describe('objectKey', () => {
  it('is as the design has it', () => {
    const parts = { tenant_id: 't_a', env: 'dev', asset_id: '1', filename: 'a b.txt' };
    expect(objectKey(parts)).toBe('tenants/t_a/dev/raw/1/a b.txt');
  });

  it('gives no two assets one key', () => {
    fc.assert(
      fc.property(pair, ([one, other]) => {
        const same = JSON.stringify(one) === JSON.stringify(other);
        expect(objectKey(one) === objectKey(other)).toBe(same);
      }),
      RUNS,
    );
  });

  it('never leaves its tenant’s prefix, nor S3’s limit of 1,024 bytes', () => {
    fc.assert(
      fc.property(keyParts, (parts) => {
        const key = objectKey(parts);
        expect(key.startsWith(`tenants/${parts.tenant_id}/${parts.env}/raw/`)).toBe(true);
        // By any path arithmetic, were somebody to do some.
        expect(
          new URL(`s3://bucket/${encodeURI(key)}`).pathname.startsWith(`/tenants/${parts.tenant_id}/`),
        ).toBe(true);
        expect(key.split('/')).toHaveLength(6);
        expect(Buffer.byteLength(key)).toBeLessThanOrEqual(1024);
      }),
      RUNS,
    );
  });
});

describe('objectLocation', () => {
  it('names an object by bucket and key', () => {
    const parts = { tenant_id: 't_a', env: 'dev', asset_id: '1', filename: 'a é#?.txt' };
    const key = objectKey(parts);
    expect(objectLocation('bucket', parts)).toEqual({ bucket: 'bucket', key, uri: `s3://bucket/${key}` });
  });
});

describe('partitionKey', () => {
  it('gives no two assets one key, and begins with its tenant’s', () => {
    fc.assert(
      fc.property(pair, ([one, other]) => {
        const same =
          one.tenant_id === other.tenant_id && one.env === other.env && one.asset_id === other.asset_id;
        expect(partitionKey(one) === partitionKey(other)).toBe(same);
        expect(partitionKey(one).startsWith(`${one.tenant_id}#`)).toBe(true);
        expect(partitionKey(one).startsWith(`${other.tenant_id}#`)).toBe(one.tenant_id === other.tenant_id);
      }),
      RUNS,
    );
  });
});
