import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type App, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { expect, test } from 'vitest';
import { Subscriber, type SubscriberProps } from '../../../examples/subscriber/subscriber.ts';
import { withStack } from '../../support/synth.ts';
import { temporaryDirectory } from '../../support/temporary.ts';

type Scope = 'the storage’s stack' | 'another stack';

/** What each stack of the app is made of. */
function synth(props: Partial<SubscriberProps> = {}, scope: Scope = 'the storage’s stack'): Template {
  return withStack({}, (app: App, stack) => {
    const own = scope === 'another stack' ? new Stack(app, 'Subscribers') : stack;
    new Subscriber(own, 'Subscriber', { storage: stack.storage, ...props });
    return Template.fromJSON(app.synth().getStackArtifact(own.artifactId).template);
  });
}

/** What the function's role allows, by action. */
function grants(template: Template): Record<string, unknown> {
  const isRoles = { Roles: [{ Ref: Match.stringLikeRegexp('^SubscriberCountLinesRole') }] };
  const [policy] = Object.values(template.findResources('AWS::IAM::Policy', { Properties: isRoles }));
  const statements: { Action: string | string[]; Resource: unknown }[] =
    policy?.['Properties'].PolicyDocument.Statement;
  return Object.fromEntries(
    statements.flatMap(({ Action, Resource }) => [Action].flat().map((name) => [name, Resource])),
  );
}

const objectsUnder = (path: string) => ({
  'Fn::Join': ['', [{ 'Fn::GetAtt': [expect.stringMatching(/^RawBucket/), 'Arn'] }, `/${path}/*`]],
});
const arnOf = (prefix: string) => ({
  'Fn::GetAtt': [expect.stringMatching(new RegExp(`^${prefix}`)), 'Arn'],
});

test('the function may read versions, put results and send failures: nothing else but its log', () => {
  const { 'logs:CreateLogStream': _, 'logs:PutLogEvents': __, ...granted } = grants(synth());
  expect(granted).toEqual({
    's3:GetObjectVersion': objectsUnder('tenants/*'),
    'dynamodb:PutItem': arnOf('SubscriberResults'),
    'sqs:SendMessage': arnOf('SubscriberFailures'),
    'sqs:GetQueueAttributes': arnOf('SubscriberFailures'),
    'sqs:GetQueueUrl': arnOf('SubscriberFailures'),
  });
});

test('a subscriber for some tenants is told of theirs, and may read nobody else’s', () => {
  const template = synth({ tenants: ['t_a', 't_b'] });
  expect(grants(template)['s3:GetObjectVersion']).toEqual([
    objectsUnder('tenants/t_a'),
    objectsUnder('tenants/t_b'),
  ]);
  template.hasResourceProperties('AWS::Events::Rule', {
    EventPattern: { 'detail-type': ['raw_asset_registered'], detail: { tenant_id: ['t_a', 't_b'] } },
  });
});

test.each<Scope>(['the storage’s stack', 'another stack'])(
  'in %s, both ways to fail lead to its queue',
  (scope) => {
    const template = synth({}, scope);
    const queue = { 'Fn::GetAtt': [Match.stringLikeRegexp('^SubscriberFailures'), 'Arn'] };
    template.hasResourceProperties('AWS::Lambda::EventInvokeConfig', {
      MaximumRetryAttempts: 2,
      MaximumEventAgeInSeconds: 21_600,
      DestinationConfig: { OnFailure: { Destination: queue } },
    });
    template.hasResourceProperties('AWS::Events::Rule', { Targets: [{ DeadLetterConfig: { Arn: queue } }] });
    template.hasResourceProperties('AWS::DynamoDB::Table', {
      TimeToLiveSpecification: { AttributeName: 'expires_at', Enabled: true },
    });
  },
);

test('its app is a stack of its own beside the service’s, subscribed by the name of the bus', () => {
  const outdir = temporaryDirectory();
  const context = { EventBusName: 'their-bus', RawBucketName: 'their-bucket' };
  const app = join(import.meta.dirname, '../../../examples/subscriber/app.ts');
  const { status } = spawnSync(process.execPath, [app], {
    env: {
      ...process.env,
      CDK_OUTDIR: outdir,
      CDK_CONTEXT_JSON: JSON.stringify(context),
      CDK_VALIDATION: 'false',
    },
  });
  expect(status).toBe(0);
  const template = Template.fromJSON(
    JSON.parse(readFileSync(join(outdir, 'CountLines.template.json'), 'utf8')),
  );
  template.resourceCountIs('AWS::Events::EventBus', 0);
  template.resourceCountIs('AWS::S3::Bucket', 0);
  template.hasResourceProperties('AWS::Events::Rule', {
    EventBusName: 'their-bus',
    EventPattern: { source: ['nexus.raw-storage'], 'detail-type': ['raw_asset_registered'] },
  });
  expect(JSON.stringify(grants(template)['s3:GetObjectVersion'])).toContain(':s3:::their-bucket/tenants/');
});
