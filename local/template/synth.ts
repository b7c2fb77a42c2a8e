import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { App } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { RawStorage, RawStorageProps } from '../../lib/raw-storage.ts';
import { RawStorageStack } from '../../lib/raw-storage-stack.ts';
import { ADMINISTRATOR_ARN, STACK_NAME } from './account.ts';
import { StackTemplate, type TemplateJson, type TemplateOptions } from './template.ts';

/** Adds a subscriber's construct to the stack that the storage is in. */
export type Mount = (stack: Construct, id: string, storage: RawStorage) => void;

const FEATURE_FLAGS = new URL('../../cdk.json', import.meta.url);

export interface SynthOptions extends Omit<TemplateOptions, 'assembly'> {
  readonly settings: RawStorageProps;
  /** Where the template and the bundles are left. */
  readonly outdir: string;
  /** Adds to the stack what subscribes to its bus. @default - nothing */
  readonly subscribers?: readonly Mount[] | undefined;
}

/**
 * Synthesizes the stack that deploys, bundles included.
 *
 * @throws SettingError for a setting that is invalid
 */
export function synthesize({ settings, outdir, subscribers = [], ...options }: SynthOptions): StackTemplate {
  mkdirSync(outdir, { recursive: true, mode: 0o700 });
  // On Lambda a bundle is CommonJS, for no package.json is around it. Here the repository's would make it an ES module.
  writeFileSync(join(outdir, 'package.json'), '{"type":"commonjs"}');
  const app = new App({
    outdir,
    analyticsReporting: false,
    // It takes seconds, and `cdk synth` does it.
    builtinCloudFormationValidation: false,
    context: {
      ...JSON.parse(readFileSync(FEATURE_FLAGS, 'utf8')).context,
      'aws:cdk:enable-path-metadata': true,
      'aws:cdk:enable-asset-metadata': true,
    },
  });
  const stack = new RawStorageStack(app, STACK_NAME, {
    service: { ...settings, redrivers: settings.redrivers ?? [ADMINISTRATOR_ARN] },
  });
  for (const [index, mount] of subscribers.entries()) {
    mount(stack, index === 0 ? 'Subscriber' : `Subscriber${index + 1}`, stack.storage);
  }
  const { template } = app.synth().getStackArtifact(stack.artifactId);
  return new StackTemplate(template as TemplateJson, { ...options, assembly: outdir });
}
