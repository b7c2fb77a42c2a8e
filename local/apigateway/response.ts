/** The response that the gateway sends for a function's result. */
export interface HttpResult {
  readonly status: number;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly cookies: readonly string[];
  readonly body: Buffer;
}

/** Headers that a function cannot set: the gateway sets those of length, connection and CORS itself. */
const OWN_HEADERS = /^(content-length|connection|transfer-encoding|keep-alive|access-control-.*)$/i;

/**
 * Reads a function's result in payload format 2.0. A result with a `statusCode` describes the response; any other result
 * is the body of a response with status 200.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
 *
 * @returns undefined where the result describes no valid response
 */
export function readResult(result: unknown): HttpResult | undefined {
  if (!isObject(result) || result['statusCode'] === undefined) {
    const headers = [['content-type', 'application/json']] as const;
    return { status: 200, headers, cookies: [], body: Buffer.from(toText(result)) };
  }
  const { statusCode, headers = {}, cookies = [], body = '', isBase64Encoded = false } = result;
  const status = Number(statusCode);
  if (!Number.isInteger(status) || status < 200 || status > 599) return undefined;
  if (!isObject(headers) || !Array.isArray(cookies) || typeof body !== 'string') return undefined;
  const sent = Object.entries(headers).filter(([name]) => !OWN_HEADERS.test(name));
  const typed = sent.some(([name]) => name.toLowerCase() === 'content-type');
  return {
    status,
    headers: [
      ...(typed ? [] : [['content-type', 'text/plain;charset=UTF-8'] as const]),
      ...sent.map(([name, value]) => [name, String(value)] as const),
    ],
    cookies: cookies.map(String),
    body: Buffer.from(body, isBase64Encoded === true ? 'base64' : 'utf8'),
  };
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const toText = (result: unknown) => (typeof result === 'string' ? result : JSON.stringify(result));
