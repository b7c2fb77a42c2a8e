import { expect, test } from 'vitest';
import { banner } from '../../../local/dev/banner.ts';

const cloud = {
  apiUrl: 'http://127.0.0.1:4000',
  awsUrl: 'http://127.0.0.1:4001',
  token: 'eyJ',
  awsConfig: "/home/o'neil/.nexus/aws-config",
};

test('the path of the config file is quoted for a shell', () => {
  expect(banner(cloud)).toContain("AWS_CONFIG_FILE='/home/o'\\''neil/.nexus/aws-config' AWS_PROFILE=nexus\n");
});

test("the line for SQS names the endpoint itself, for version 1 of AWS's CLI (aws-cli#8737)", () => {
  expect(banner(cloud)).toContain('aws sqs list-queues --endpoint-url http://127.0.0.1:4001;');
});
