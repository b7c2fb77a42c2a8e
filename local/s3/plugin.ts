import { join } from 'node:path';
import type { ServicePlugin } from '../endpoint/plugin.ts';
import { REGION } from '../template/account.ts';
import { S3 } from './service.ts';
import { readBuckets } from './template.ts';

export const S3_PLUGIN: ServicePlugin<S3> = {
  resources: {
    'AWS::S3::Bucket': ({ name }) => ({ Ref: name, Arn: `arn:aws:s3:::${name}` }),
  },
  open: ({ dir, template, iam, now }) =>
    new S3({ dir: join(dir, 's3'), buckets: readBuckets(template), iam, region: REGION, now }),
};
