import { createServer, type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { endWhenIdle, IDLE_TIMEOUT_MS } from './idle-timeout.ts';

export type Listener = (request: IncomingMessage, response: ServerResponse) => Promise<void> | void;

/** An HTTP server that only this machine reaches, and only under its own name. */
export interface LoopbackServer {
  readonly url: string;
  /** Starts answering with `listener`; until then every request gets 503. */
  serve(listener: Listener): void;
  close(): Promise<void>;
}

/** Another program listens on the port. */
export class PortInUseError extends Error {
  constructor(port: number) {
    super(`Port ${port} is in use`);
    this.name = 'PortInUseError';
  }
}

/** The most bytes that a request line and its headers may have: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html */
const MAX_HEADER_BYTES = 10_240;

/**
 * Listens on 127.0.0.1; on any free port if `port` is 0. A request whose `Host` is not a loopback name with this port is
 * refused: it may come from a web page whose domain name was made to resolve to 127.0.0.1 (DNS rebinding). A request may take as
 * long as it needs, as long as its bytes keep coming.
 *
 * @param options.idleTimeoutMs milliseconds in which headers must have come whole, and a body must move on
 * @throws PortInUseError
 */
export async function listenOnLoopback(
  port: number,
  { idleTimeoutMs = IDLE_TIMEOUT_MS }: { readonly idleTimeoutMs?: number } = {},
): Promise<LoopbackServer> {
  let listener: Listener = (_, response) => sendMessage(response, 503, 'Service Unavailable');
  let hosts: readonly string[] = [];
  const server = createServer(
    {
      maxHeaderSize: MAX_HEADER_BYTES,
      requestTimeout: 0,
      headersTimeout: idleTimeoutMs,
      connectionsCheckingInterval: idleTimeoutMs / 2,
    },
    async (request, response) => {
      endWhenIdle(request, response, idleTimeoutMs);
      if (!hosts.includes(request.headers.host ?? '')) return sendMessage(response, 403, 'Forbidden');
      try {
        await listener(request, response);
      } catch {
        if (response.headersSent) response.destroy();
        else sendMessage(response, 500, 'Internal Server Error');
      }
    },
  );
  server.on('clientError', refuseUnreadable);

  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      reject(error.code === 'EADDRINUSE' ? new PortInUseError(port) : error);
    });
    server.listen(port, '127.0.0.1', resolve);
  });
  const bound = (server.address() as AddressInfo).port;
  hosts = loopbackHosts(bound);

  return {
    url: `http://${hosts[0]}`,
    serve(next) {
      listener = next;
    },
    close() {
      return new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
    },
  };
}

/** The values that the `Host` of a request to this machine may have. Clients leave out the port that HTTP has by default. */
export function loopbackHosts(port: number): readonly string[] {
  const names = ['127.0.0.1', 'localhost', '[::1]'];
  const withPort = names.map((name) => `${name}:${port}`);
  return port === 80 ? [...names, ...withPort] : withPort;
}

/** Answers `{"message": …}`, as API Gateway does where it answers in place of a function. */
export function sendMessage(response: ServerResponse, status: number, message: string): void {
  sendJson(response, status, { message });
}

export function sendJson(
  response: ServerResponse,
  status: number,
  value: unknown,
  contentType = 'application/json',
): void {
  const body = JSON.stringify(value);
  response.writeHead(status, {
    'content-type': contentType,
    'content-length': Buffer.byteLength(body),
  });
  response.end(body);
}

const UNREADABLE: Readonly<Record<string, number>> = {
  HPE_HEADER_OVERFLOW: 431,
  ERR_HTTP_REQUEST_TIMEOUT: 408,
};

/** Answers a request that Node could not parse. There is no response object for it, so the answer goes to the socket. */
function refuseUnreadable(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy();
  const status = (error.code !== undefined && UNREADABLE[error.code]) || 400;
  const body = JSON.stringify({ message: STATUS_CODES[status] });
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\ncontent-type: application/json\r\n` +
      `content-length: ${body.length}\r\nconnection: close\r\n\r\n${body}`,
  );
}
