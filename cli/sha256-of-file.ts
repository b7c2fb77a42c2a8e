import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';

/** In hex, read piece by piece. */
export async function sha256OfFile(file: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(file)) hash.update(chunk);
  return hash.digest('hex');
}
