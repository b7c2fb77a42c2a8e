import { join } from 'node:path';
import type { ServicePlugin } from '../endpoint/plugin.ts';
import { ACCOUNT_ID } from '../template/account.ts';
import { localArn } from '../template/resource-types.ts';
import { Sqs } from './service.ts';
import { readQueues } from './template.ts';

export const SQS_PLUGIN: ServicePlugin<Sqs> = {
  resources: {
    'AWS::SQS::Queue': ({ name }, { aws }) => ({
      Ref: `${aws}/${ACCOUNT_ID}/${name}`,
      Arn: localArn('sqs', name),
    }),
  },
  open({ dir, template, now }) {
    return new Sqs({ dir: join(dir, 'queues'), queues: readQueues(template), now });
  },
};
