/** The fields of an event that say where its asset lies. Several say the same thing, and must agree. */
interface Placed {
  readonly tenant_id: string;
  readonly env: string;
  readonly asset_id: string;
  readonly asset: {
    readonly tenant_id?: string;
    readonly env?: string;
    readonly asset_id?: string;
    readonly filename?: string;
    readonly bucket?: string;
    readonly key?: string;
    readonly uri?: string;
  };
}

/**
 * The first field of an event that contradicts those before it: whose asset it is, and under which key the bytes lie. Whoever
 * checks the tenant of the one must not read the file of another. A field that an event need not have agrees.
 *
 * @returns its path, dotted; undefined where all agree
 */
export function disagreement({ tenant_id, env, asset_id, asset }: Placed): string | undefined {
  const { bucket, filename } = asset;
  const key = `tenants/${tenant_id}/${env}/raw/${asset_id}/${filename}`;
  const expected = {
    tenant_id,
    env,
    asset_id,
    ...(filename !== undefined && { key, ...(bucket !== undefined && { uri: `s3://${bucket}/${key}` }) }),
  };
  const odd = Object.entries(expected).find(([name, value]) => {
    const told = asset[name as keyof typeof expected];
    return told !== undefined && told !== value;
  });
  return odd && `asset.${odd[0]}`;
}
