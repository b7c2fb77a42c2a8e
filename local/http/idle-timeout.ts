import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** About as long as S3 waits for the next byte. */
export const IDLE_TIMEOUT_MS = 20_000;

/**
 * Ends a request on which nothing moves: its sender has stopped in the middle, or does not read the answer. Who listens
 * to the request's `timeout` event answers it instead. A service that takes its time over a whole request, or streams
 * events as they come, is left alone.
 *
 * @param idleMs milliseconds without a byte in either direction
 */
export function endWhenIdle(request: IncomingMessage, response: ServerResponse, idleMs: number): void {
  request.setTimeout(idleMs);
  response.on('timeout', (socket: Socket) => {
    const isUnread = response.writableNeedDrain;
    const isHalfSent = !request.complete && request.listenerCount('timeout') === 0;
    if (isUnread || isHalfSent) socket.destroy();
  });
}
