import { NexusError } from '../client/index.ts';
import type { Invocation } from './command.ts';
import { UsageError } from './usage-error.ts';

/** Does the same to each of several assets; one that fails stops no other. @returns the exit code */
export async function eachId(
  { positionals, output, signal }: Invocation,
  action: (id: string) => Promise<{ readonly asset: object; readonly line: string }>,
): Promise<number> {
  if (positionals.length === 0) throw new UsageError('Name one asset’s id, or several');
  let failed = 0;
  for (const id of positionals) {
    signal.throwIfAborted();
    try {
      const { asset, line } = await action(id);
      output.result(asset, line);
    } catch (error) {
      if (!(error instanceof NexusError)) throw error;
      failed += 1;
      output.result({ asset_id: id, error: error.code, message: error.message });
      output.problem(id, error.message);
    }
  }
  return failed > 0 ? 1 : 0;
}
