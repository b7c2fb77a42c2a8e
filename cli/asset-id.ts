import { createHash } from 'node:crypto';

/** The namespace of the ids that `push` gives. */
const NAMESPACE = Buffer.from('5d0c1f6e0e5b4b1c9d0f6a4f5b2c7e31', 'hex');

/**
 * The id of a file, which follows from whose it is, where it lies and what it holds: a UUID of version 5
 * (https://www.rfc-editor.org/rfc/rfc9562#section-5.5). So a file that is pushed again is the same asset.
 *
 * @param path NFC, separated by `/`
 * @param sha256 in hex
 */
export function assetIdOf(
  owner: { readonly tenant_id: string; readonly env: string },
  path: string,
  sha256: string,
): string {
  const name = [owner.tenant_id, owner.env, path, sha256].join('\n');
  const bytes = createHash('sha1').update(NAMESPACE).update(name).digest().subarray(0, 16);
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x50, 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  return bytes.toString('hex').replace(/(.{8})(.{4})(.{4})(.{4})(.{12})/, '$1-$2-$3-$4-$5');
}
