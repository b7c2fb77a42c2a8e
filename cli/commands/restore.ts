import type { Command } from '../command.ts';
import { eachId } from '../each-id.ts';

export const restore: Command = {
  usage: 'restore ID…           bring deleted assets back',
  options: {},
  run: (invocation) =>
    eachId(invocation, async (id) => {
      const asset = await invocation.client.restore(id);
      return { asset, line: `${id}: ${asset.status}` };
    }),
};
