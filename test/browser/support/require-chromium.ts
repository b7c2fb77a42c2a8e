import { existsSync } from 'node:fs';
import { CHROMIUM } from './chromium.ts';

/** Ends the run in one line, before any test, where there is no browser. */
export default function requireChromium(): void {
  if (existsSync(CHROMIUM)) return;
  console.error(
    `There is no browser at ${CHROMIUM}: install Chromium (Debian's package chromium), or set CHROMIUM to the path of one.`,
  );
  process.exit(1);
}
