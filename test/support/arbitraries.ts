import fc from 'fast-check';
import * as v from 'valibot';
import { Filename } from '#contract/filename';
import { ENVIRONMENTS } from '#contract/tenant';

const LETTERS = 'abcdefghijklmnopqrstuvwxyz0123456789_-';

/** Tenant ids, short ones often: those of which one begins with another are the ones that get mixed up. */
export const tenantId = fc
  .string({ unit: fc.constantFrom(...LETTERS), minLength: 1, maxLength: 60, size: 'small' })
  .map((name) => `t_${name}`);

/** File names that the service takes, of any script. */
export const filename = fc
  .string({ unit: 'grapheme', minLength: 1, maxLength: 40 })
  .filter((name) => v.is(Filename, name))
  .map((name) => v.parse(Filename, name));

/** What an object's key is made of. */
export const keyParts = fc.record({
  tenant_id: tenantId,
  env: fc.constantFrom(...ENVIRONMENTS),
  asset_id: fc.uuid(),
  filename,
});
