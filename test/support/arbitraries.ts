import fc from 'fast-check';
import * as v from 'valibot';
import { Filename } from '#contract/filename';

const ALPHANUMERIC = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789';

/** Tenant ids, short ones often: those of which one begins with another are the ones that get mixed up. */
export const tenantId = fc
  .tuple(
    fc.constantFrom(...ALPHANUMERIC),
    fc.string({
      unit: fc.constantFrom(...ALPHANUMERIC, '.', '_', '-'),
      minLength: 1,
      maxLength: 63,
      size: 'small',
    }),
  )
  .map(([first, rest]) => first + rest);

/** Envs, of which one begins with another too. */
export const env = fc.constantFrom('dev', 'de', 'staging', 'prod', 'production', 'eu-west-1');

/** File names that the service takes, of any script. */
export const filename = fc
  .string({ unit: 'grapheme', minLength: 1, maxLength: 40 })
  .filter((name) => v.is(Filename, name))
  .map((name) => v.parse(Filename, name));

/** What an object's key is made of. */
export const keyParts = fc.record({
  tenant_id: tenantId,
  env,
  asset_id: fc.uuid(),
  filename,
});
