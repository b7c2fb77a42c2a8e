import { bytes } from '../cli/count.ts';
import type { Client, ListOptions, RawAsset } from '../client/index.ts';
import { button, byId, element, showProblem } from './dom.ts';

/** How many assets a page of the list shows. */
const PAGE = 20;

let listed: AsyncGenerator<RawAsset, void, undefined> | undefined;

/** Lists from the beginning, by what the filter says. */
export async function listAssets(client: Client): Promise<void> {
  const filter = new FormData(byId<HTMLFormElement>('filter'));
  const contentType = String(filter.get('contentType') ?? '').trim();
  const options: ListOptions = {
    status: filter.get('status') === 'deleted' ? 'deleted' : 'registered',
    ...(contentType !== '' && { contentType }),
  };
  byId('assets').replaceChildren();
  listed = client.list(options);
  await showMore(client);
}

export async function showMore(client: Client): Promise<void> {
  const from = listed;
  try {
    for (let shown = 0; from !== undefined && shown < PAGE; shown++) {
      const next = await from.next();
      // Another list has begun meanwhile.
      if (from !== listed) return;
      byId('more').hidden = next.done === true;
      if (next.done) return;
      byId('assets').append(row(client, next.value));
    }
  } catch (error) {
    showProblem(error);
  }
}

function row(client: Client, asset: RawAsset): HTMLTableRowElement {
  const { asset_id, filename } = asset;
  const then = (act: () => Promise<unknown>) => async () => {
    try {
      await act();
      showProblem(undefined);
      await listAssets(client);
    } catch (error) {
      showProblem(error);
    }
  };
  const actions =
    asset.status === 'deleted'
      ? [
          button(
            'Restore',
            `Restore ${filename}`,
            then(() => client.restore(asset_id)),
          ),
        ]
      : [
          button('Download', `Download ${filename}`, () => void download(client, asset)),
          button(
            'Delete',
            `Delete ${filename}`,
            then(() => client.delete(asset_id)),
          ),
        ];
  const cells = [
    element('td', filename),
    element('td', bytes(asset.size_bytes)),
    element('td', asset.content_type),
    element('td', asset.created_at.replace('T', ' ').replace(/\..*/, '')),
    element('td', '', actions),
  ];
  return element('tr', '', cells);
}

async function download(client: Client, { asset_id, filename }: RawAsset): Promise<void> {
  try {
    const link = element('a');
    link.href = (await client.download(asset_id)).url;
    link.download = filename;
    link.click();
  } catch (error) {
    showProblem(error);
  }
}
