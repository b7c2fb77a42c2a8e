/** The escapes of a policy's text: https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTConstructPolicy.html */
const ESCAPES: Readonly<Record<string, string>> = {
  '\\': '\\',
  $: '$',
  '"': '"',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
};

/**
 * Reads a form's policy as AWS documents it, character by character and independently of what writes and of what checks it
 * here: conditions as they are, each text decoded.
 *
 * @throws Error for a dollar sign without a backslash, and for any byte that is not ASCII
 */
export function readPolicy(encoded: string): { expiration: string; conditions: unknown[] } {
  const text = Buffer.from(encoded, 'base64').toString('latin1');
  let json = '';
  for (let at = 0; at < text.length; at++) {
    const character = text.charAt(at);
    if (character === '$') throw new Error(`a dollar sign without a backslash: ${text}`);
    if (!/[ -~]/.test(character)) throw new Error(`a byte that is not ASCII: ${text}`);
    if (character !== '\\') {
      json += character;
      continue;
    }
    const code = text.charAt(++at);
    const hex = code === 'u' ? text.slice(at + 1, at + 5) : undefined;
    if (hex !== undefined) at += 4;
    const decoded = hex === undefined ? ESCAPES[code] : String.fromCharCode(Number.parseInt(hex, 16));
    if (decoded === undefined) throw new Error(`an escape that there is not: \\${code}`);
    // JSON again: what is decoded stands in a string.
    json += JSON.stringify(decoded).slice(1, -1);
  }
  return JSON.parse(json);
}
