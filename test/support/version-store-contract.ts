import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { VersionStore } from '#core/settle/version-store';

/** What every version store does; `open` gives the store, `put` adds a version of a key of `t_acme` and gives its id. */
export function versionStoreContract(
  open: () => VersionStore,
  put: (key: string, text: string) => Promise<string>,
): void {
  const folder = () => `tenants/t_acme/dev/raw/${randomUUID()}/`;
  const list = async (key: string) => (await open().list(key)).toSorted();

  it('lists nothing where nothing is', async () => {
    expect(await list(`${folder()}a.txt`)).toEqual([]);
  });

  describe.each([
    'a.txt',
    'naïve 日本 "q".csv',
    'a&amp;b <1>.txt',
    ' spaces at both ends ',
    '007',
    'a+b%20c.txt',
  ])('of a file named %j', (filename) => {
    it('lists the versions, and those of no longer name', async () => {
      const key = folder() + filename;
      const ids = [await put(key, 'one'), await put(key, 'two')];
      await put(`${key}.bak`, 'three');
      expect(await list(key)).toEqual(ids.toSorted());
    });

    it('removes the version that is named, for good, and no other', async () => {
      const key = folder() + filename;
      const [first, second, third] = [await put(key, '1'), await put(key, '2'), await put(key, '3')];
      await open().remove(key, second);
      expect(await list(key)).toEqual([first, third].toSorted());
      await open().remove(key, third);
      expect(await list(key)).toEqual([first]);
    });
  });

  it('removes what is gone already without a fault, and marks nothing as deleted', async () => {
    const key = `${folder()}a.txt`;
    const id = await put(key, 'a');
    for (let time = 0; time < 3; time++) await open().remove(key, id);
    expect(await list(key)).toEqual([]);
    const other = await put(key, 'b');
    expect(other).not.toBe(id);
    await open().remove(key, id);
    expect(await list(key)).toEqual([other]);
  });
}
