import { App } from 'aws-cdk-lib';
import { readContext } from '../lib/context.ts';
import { RawStorageStack } from '../lib/raw-storage-stack.ts';
import { SettingError } from '../lib/setting-error.ts';

const app = new App();

try {
  const service = readContext((name) => app.node.tryGetContext(name));
  // Two envs in one account are two stacks. A text that cannot be an env is refused by a line of its own.
  const stackName = `NexusRawStorage-${(service.env ?? 'dev').replaceAll(/[^a-zA-Z0-9-]/g, '')}`;
  new RawStorageStack(app, stackName, { service });
} catch (error) {
  if (!(error instanceof SettingError)) throw error;
  console.error(error.message);
  process.exit(1);
}
