import { join } from 'node:path';
import type { ServicePlugin } from '../endpoint/plugin.ts';
import { localArn, type ResourceTypes } from '../template/resource-types.ts';
import { DynamoDb } from './service.ts';
import { readTables } from './template.ts';

const table: ResourceTypes[string] = ({ name }) => {
  const arn = localArn('dynamodb', `table/${name}`);
  return { Ref: name, Arn: arn, StreamArn: `${arn}/stream/local` };
};

export const DYNAMODB_PLUGIN: ServicePlugin<DynamoDb> = {
  resources: { 'AWS::DynamoDB::Table': table, 'AWS::DynamoDB::GlobalTable': table },
  open: ({ dir, template }) => DynamoDb.open({ dir: join(dir, 'tables'), definitions: readTables(template) }),
};
