import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import other from 'mime/types/other.js';
import standard from 'mime/types/standard.js';

/**
 * `npm run content-types`: makes the table of extensions that presign guesses a type by, from mime-db (in the package mime,
 * which has settled what is one extension's of several types). Whole, it would be a tenth of presign's bundle.
 */
const FILE = fileURLToPath(new URL('../lambdas/core/uploads/extensions.ts', import.meta.url));

/** Of the vendors' formats, which are two thirds of mime-db, those that people have files in. */
const VENDORS = [
  ...['adobe', 'android', 'amazon', 'apple', 'debian', 'geo', 'google', 'lotus', 'mapbox', 'mozilla', 'ms'],
  ...[
    'oasis',
    'openxmlformats',
    'palm',
    'rar',
    'sqlite3',
    'stardivision',
    'sun',
    'tcpdump',
    'visio',
    'wordperfect',
  ],
];
const KEPT = new RegExp(`^(?!application/vnd\\.)|^application/vnd\\.(${VENDORS.join('|')})\\b`);

/** The table's source. An extension with a star before it is another type's first of all. */
export function extensionsSource(): string {
  const lines = Object.entries({ ...standard, ...other })
    .filter(([type]) => KEPT.test(type))
    .map(([type, extensions]) => [type, ...extensions.filter((extension) => !extension.startsWith('*'))])
    .filter(({ length }) => length > 1)
    .map((words) => words.join(' '))
    .sort();
  return [
    '/** Made by `npm run content-types` from mime-db: a line a media type, followed by its extensions. */',
    `export const EXTENSIONS = \`\n${lines.join('\n')}\n\`;\n`,
  ].join('\n');
}

if (import.meta.main) writeFileSync(FILE, extensionsSource());
