import { expect, test } from 'vitest';
import { isLoopbackAllowed, LOOPBACK_ORIGIN } from '../../../local/http/origins.ts';

test.each([
  'http://localhost',
  'http://localhost:5173',
  'https://localhost:8443',
  'http://127.0.0.1:8080',
  'http://[::1]:3000',
])('a page of this machine is let in, whatever its port: %s', (origin) => {
  expect(isLoopbackAllowed([LOOPBACK_ORIGIN], origin)).toBe(true);
  // On its own, no other origin of the template lets it in.
  expect(isLoopbackAllowed(['https://app.example', 'http://localhost:1'], origin)).toBe(false);
  expect(isLoopbackAllowed([], origin)).toBe(false);
});

test.each([
  'http://localhost.evil.example',
  'http://localhost.evil.example:5173',
  'http://localhost:5173.evil.example',
  'http://localhost:5173@evil.example',
  'http://evil.example/http://localhost',
  'http://my-localhost:5173',
  'http://localhostevil:80',
  'http://127.0.0.1.evil.example',
  'http://127x0x0x1',
  'http://[::1].evil.example',
  'http://localhost:',
  'http://localhost/',
  ' http://localhost',
  'http://localhost\nhttps://evil.example',
  'file://localhost',
  'null',
  '',
])('no other page is let in: %j', (origin) => {
  expect(isLoopbackAllowed([LOOPBACK_ORIGIN], origin)).toBe(false);
});
