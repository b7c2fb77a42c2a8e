import type { Command } from '../command.ts';
import { eachId } from '../each-id.ts';

export const rm: Command = {
  usage: 'rm ID…                delete assets; --erase removes them for good, without retention',
  options: { erase: { type: 'boolean' } },
  run: (invocation) =>
    eachId(invocation, async (id) => {
      const { client, values } = invocation;
      const asset = values['erase'] === true ? await client.erase(id) : await client.delete(id);
      const until = 'purge_at' in asset ? `, and can be restored until ${asset.purge_at}` : '';
      return { asset, line: `${id}: ${asset.status}${until}` };
    }),
};
