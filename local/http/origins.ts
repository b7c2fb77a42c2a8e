/** Written among the allowed origins of the local cloud, it stands for every page on this machine, whatever its port. */
export const LOOPBACK_ORIGIN = 'http://localhost';

const LOOPBACK = /^https?:\/\/(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/;

/**
 * Whether an allowed origin of the template lets a page in. On AWS an origin is one scheme, host and port; here pages of
 * local servers, whose ports nobody knows beforehand, are let in together.
 */
export function isLoopbackAllowed(allowed: readonly string[], origin: string): boolean {
  return allowed.includes(LOOPBACK_ORIGIN) && LOOPBACK.test(origin);
}
