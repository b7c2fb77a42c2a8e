import type { IncomingMessage, ServerResponse } from 'node:http';
import { isJsonObject } from '#contract/json';
import { sendMessage } from '../http/loopback-server.ts';

const MAX_BODY_BYTES = 4096;

/**
 * Lets requests of programs on this machine through, and refuses those of web pages in its browser. A page of another
 * origin names that origin, and cannot send JSON without a preflight, which nobody answers here.
 *
 * @returns false where the request is refused, and answered
 */
export function requireProgram(request: IncomingMessage, response: ServerResponse): boolean {
  const { origin, host, 'content-type': contentType = '' } = request.headers;
  if (origin !== undefined && origin !== `http://${host}`) {
    sendMessage(response, 403, 'Forbidden');
    return false;
  }
  if (/^application\/json *(;|$)/i.test(contentType)) return true;
  sendMessage(response, 415, 'Unsupported Media Type');
  return false;
}

/** Reads a JSON object. @returns undefined for a body that is too long, or is no JSON object */
export async function readJson(request: IncomingMessage): Promise<unknown> {
  request.setEncoding('utf8');
  let text = '';
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    text += chunk;
    if (text.length > MAX_BODY_BYTES) return undefined;
  }
  try {
    const body = JSON.parse(text);
    return isJsonObject(body) ? body : undefined;
  } catch {
    return undefined;
  }
}
