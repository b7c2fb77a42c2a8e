import { expect, test } from 'vitest';
import { overridingVariables } from '../../../local/dev/aws-profile.ts';
import { banner } from '../../../local/dev/banner.ts';

const cloud = {
  apiUrl: 'http://127.0.0.1:4000',
  awsUrl: 'http://127.0.0.1:4001',
  token: 'eyJ',
  awsConfig: "/home/o'neil/.nexus/aws-config",
  overriding: [],
};

test('the path of the config file is quoted for a shell', () => {
  expect(banner(cloud)).toContain("AWS_CONFIG_FILE='/home/o'\\''neil/.nexus/aws-config' AWS_PROFILE=nexus\n");
});

test("the line for SQS names the endpoint itself, for version 1 of AWS's CLI (aws-cli#8737)", () => {
  expect(banner(cloud)).toContain('aws sqs list-queues --endpoint-url http://127.0.0.1:4001;');
});

test('variables that come before the profile are unset in one line, where there are any', () => {
  const overriding = ['AWS_ACCESS_KEY_ID', 'AWS_REGION'];
  expect(banner({ ...cloud, overriding })).toContain('\nunset AWS_ACCESS_KEY_ID AWS_REGION  # ');
  expect(banner(cloud)).not.toContain('unset');
});

test('variables that come before a profile are credentials, Regions and endpoints', () => {
  const names = [
    'AWS_ACCESS_KEY_ID',
    'AWS_DEFAULT_REGION',
    'AWS_ENDPOINT_URL',
    'AWS_ENDPOINT_URL_S3',
    'AWS_IGNORE_CONFIGURED_ENDPOINT_URLS',
    'AWS_REGION',
    'AWS_SECRET_ACCESS_KEY',
    'AWS_SESSION_TOKEN',
  ];
  const others = ['AWS_PROFILE', 'AWS_CONFIG_FILE', 'AWS_PAGER', 'MY_AWS_REGION', 'PATH'];
  expect(overridingVariables(Object.fromEntries([...others, ...names].map((name) => [name, 'x'])))).toEqual(
    names,
  );
  expect(overridingVariables({ AWS_REGION: '' })).toEqual([]);
});
