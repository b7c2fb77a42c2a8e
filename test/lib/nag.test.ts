import { Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import type { IConstruct } from 'constructs';
import { expect, test } from 'vitest';
import type { RawStorageProps } from '../../lib/raw-storage.ts';
import { withStack } from '../support/synth.ts';

test.each<[string, Partial<RawStorageProps>]>([
  ['by default', {}],
  [
    'with every setting',
    {
      env: 'prod',
      allowedOrigins: ['https://app.example'],
      versionDeleters: ['arn:aws:iam::111122223333:role/retention'],
      throttle: { rateLimit: 1, burstLimit: 1 },
      redrivers: ['arn:aws:iam::111122223333:role/operator'],
      alarmEmail: 'ops@example.com',
    },
  ],
])('cdk-nag finds nothing %s, errors or warnings', (_, props) => {
  const { violations } = withStack(props, (app) => new AwsSolutionsChecks().validateScope(app));
  expect(
    violations.map(({ ruleName, severity, violatingResources }) => ({
      ruleName,
      severity,
      paths: violatingResources.map(({ constructPath }) => constructPath),
    })),
  ).toEqual([]);
});

test('what is accepted is accepted by one resource and one finding, with a reason', () => {
  const accepted = withStack({}, (app) =>
    app.node.findAll().flatMap((construct) =>
      acknowledgements(construct).map(([rule, reason]) => {
        expect(reason.length).toBeGreaterThan(40);
        return `${construct.node.path} ${rule}`;
      }),
    ),
  );
  expect(accepted.sort()).toEqual([
    'NexusRawStorage/Default/Publisher/FailureBucket AwsSolutions-S1',
    'NexusRawStorage/Default/Publisher/PoisonQueue AwsSolutions-SQS3',
    'NexusRawStorage/Default/Publisher/PublishEventsRole AwsSolutions-IAM5[Resource::*]',
    expect.stringMatching(
      /^NexusRawStorage\/Default\/Publisher\/PublishEventsRole AwsSolutions-IAM5\[Resource::<PublisherFailureBucket\w+\.Arn>\/\*\]$/,
    ),
    expect.stringMatching(
      /^NexusRawStorage\/Default\/PurgeRole AwsSolutions-IAM5\[Resource::<RawBucket\w+\.Arn>\/tenants\/<aws:PrincipalTag\/tenant_id>\/\*\]$/,
    ),
    'NexusRawStorage/Default/RawBucket AwsSolutions-S1',
    'NexusRawStorage/Default/Settlement/ArrivalDeadLetters AwsSolutions-SQS3',
    'NexusRawStorage/Default/Settlement/FailureBucket AwsSolutions-S1',
    'NexusRawStorage/Default/Settlement/SettleRole AwsSolutions-IAM5[Resource::*]',
    expect.stringMatching(
      /^NexusRawStorage\/Default\/Settlement\/SettleRole AwsSolutions-IAM5\[Resource::<SettlementFailureBucket\w+\.Arn>\/\*\]$/,
    ),
    expect.stringMatching(
      /^NexusRawStorage\/Default\/TenantRole AwsSolutions-IAM5\[Resource::<RawBucket\w+\.Arn>\/tenants\/<aws:PrincipalTag\/tenant_id>\/\*\]$/,
    ),
  ]);
});

function acknowledgements(construct: IConstruct): [rule: string, reason: string][] {
  return construct.node.metadata
    .filter(({ type }) => type === Validations.ACKNOWLEDGED_RULES_METADATA_KEY)
    .flatMap(({ data }) => Object.entries<string>(data))
    .map(([id, reason]) => [id.replace(/^annotation::/i, ''), reason]);
}
