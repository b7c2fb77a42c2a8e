import { App, Stage } from 'aws-cdk-lib';
import { expect, test } from 'vitest';
import { RawStorageStack } from '../../lib/raw-storage-stack.ts';
import { context } from '../support/synth.ts';
import { temporaryDirectory } from '../support/temporary.ts';

/** The template for one Region, as a deployment there would have it. */
function synthIn(region: string): string {
  const app = new App({
    outdir: temporaryDirectory(),
    analyticsReporting: false,
    builtinCloudFormationValidation: false,
    context,
  });
  const stage = new Stage(app, 'Stage', { env: { account: '111122223333', region } });
  const stack = new RawStorageStack(stage, 'NexusRawStorage', {
    service: {
      issuer: 'https://issuer.example',
      audience: 'nexus',
      allowedOrigins: ['https://app.example'],
      alarmEmail: 'ops@example.com',
    },
  });
  return JSON.stringify(stage.synth().getStackArtifact(stack.artifactId).template);
}

test.each(['cn-north-1', 'us-gov-west-1'])(
  'in %s, nothing names the partition of the other Regions',
  (region) => {
    const template = synthIn(region);
    expect(template).toMatch(/arn:aws-(cn|us-gov):|AWS::Partition/);
    expect(template.match(/arn:aws:[^"]*/g)).toBeNull();
  },
);
