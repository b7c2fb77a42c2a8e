import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { App } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { RawStorage } from '../../lib/raw-storage.ts';
import { RawStorageStack, type RawStorageStackProps } from '../../lib/raw-storage-stack.ts';
import { StackTemplate, type TemplateJson } from './template.ts';

export const STACK_NAME = 'NexusRawStorage';

/** Adds a subscriber's construct to the stack that the storage is in. */
export type Mount = (stack: Construct, id: string, storage: RawStorage) => void;

const FEATURE_FLAGS = new URL('../../cdk.json', import.meta.url);

/**
 * Synthesizes the stack that deploys, bundles included.
 *
 * @param outdir where the template and the bundles are left
 * @param subscribers what else is in the stack
 * @throws SettingError for a setting that cannot be
 */
export function synthesize(
  settings: RawStorageStackProps,
  outdir: string,
  subscribers: readonly Mount[] = [],
): StackTemplate {
  mkdirSync(outdir, { recursive: true, mode: 0o700 });
  // On Lambda no package.json is around a bundle, and then it is CommonJS; here one of ES modules may be.
  writeFileSync(join(outdir, 'package.json'), '{"type":"commonjs"}');
  const app = new App({
    outdir,
    analyticsReporting: false,
    // Takes seconds, and is `cdk synth`'s to do.
    builtinCloudFormationValidation: false,
    context: {
      ...JSON.parse(readFileSync(FEATURE_FLAGS, 'utf8')).context,
      'aws:cdk:enable-path-metadata': true,
      'aws:cdk:enable-asset-metadata': true,
    },
  });
  const stack = new RawStorageStack(app, STACK_NAME, settings);
  for (const [index, mount] of subscribers.entries()) {
    mount(stack, index === 0 ? 'Subscriber' : `Subscriber${index + 1}`, stack.storage);
  }
  const { template } = app.synth().getStackArtifact(stack.artifactId);
  return new StackTemplate(template as TemplateJson, outdir);
}
