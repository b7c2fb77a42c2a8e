import fc from 'fast-check';
import * as v from 'valibot';
import { DeclaredContentType } from '#contract/declared-content-type';
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

/** Texts of printable ASCII, in which what has a meaning in a media type comes often. */
const parameterValue = fc
  .array(fc.constantFrom(...'aZ09"\\$ {},;=*\'/'), { minLength: 1, maxLength: 12 })
  .map((characters) => characters.join(''));

/** Media types that the service takes, with parameters of every kind. */
export const declaredContentType = fc
  .record({
    type: fc.constantFrom('text/plain', 'video/webm', 'Application/X-$y+json'),
    parameters: fc.array(
      fc.record({ name: fc.constantFrom('a', 'B*', '$c'), value: parameterValue, quoted: fc.boolean() }),
      {
        maxLength: 3,
      },
    ),
  })
  .map(({ type, parameters }) => {
    const quote = (text: string) => `"${text.replace(/["\\]/g, '\\$&')}"`;
    return (
      type +
      parameters.map(({ name, value, quoted }) => `; ${name}=${quoted ? quote(value) : value}`).join('')
    );
  })
  .filter((type) => v.is(DeclaredContentType, type));

/** What an object's key is made of. */
export const keyParts = fc.record({
  tenant_id: tenantId,
  env: fc.constantFrom(...ENVIRONMENTS),
  asset_id: fc.uuid(),
  filename,
});
