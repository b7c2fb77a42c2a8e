import { type Browser, chromium } from 'playwright-core';
import { temporaryDirectory } from '../../support/temporary.ts';

/** Where the browser is: by default where Debian's package `chromium` installs it. */
export const CHROMIUM = process.env['CHROMIUM'] || '/usr/bin/chromium';

const FLAGS = [
  // Chromium's sandbox does not run for root, and the only pages here are the tests' own.
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-proxy-server',
  // Gives tests pages that are not of a loopback origin. RFC 2606 keeps the domain for examples.
  '--host-resolver-rules=MAP *.example 127.0.0.1',
];

/**
 * Launches Chromium without a window and with a new profile, for one file of tests. Each host name that ends in
 * `.example` is this machine.
 */
export function launchBrowser(): Promise<Browser> {
  // The browser would leave caches in these directories.
  const directory = temporaryDirectory();
  return chromium.launch({
    executablePath: CHROMIUM,
    args: FLAGS,
    env: { ...process.env, HOME: directory, TMPDIR: directory },
  });
}
