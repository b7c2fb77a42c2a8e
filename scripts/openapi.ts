import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { openApiDocument } from './openapi/document.ts';

/** `npm run openapi`: writes `docs/openapi.json` from `contract/`. */
const FILE = fileURLToPath(new URL('../docs/openapi.json', import.meta.url));

writeFileSync(FILE, `${JSON.stringify(openApiDocument(), null, 2)}\n`);
