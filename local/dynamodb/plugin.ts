import { join } from 'node:path';
import type { ServicePlugin } from '../endpoint/plugin.ts';
import { localArn, type ResourceTypes } from '../template/resource-types.ts';
import type { StackTemplate } from '../template/template.ts';
import { DynamoDb } from './service.ts';
import { readTables } from './template.ts';

/** Names those who read a table's stream. */
export type ReadersOf = (template: StackTemplate, table: string) => readonly string[];

const table: ResourceTypes[string] = ({ name }) => {
  const arn = localArn('dynamodb', `table/${name}`);
  return { Ref: name, Arn: arn, StreamArn: `${arn}/stream/local` };
};

/** A stream keeps a record until all its readers are done with it, so that a table is opened with them. */
export function dynamodbPlugin(readersOf: ReadersOf): ServicePlugin<DynamoDb> {
  return {
    resources: { 'AWS::DynamoDB::Table': table, 'AWS::DynamoDB::GlobalTable': table },
    open({ dir, template, now }) {
      const tables = readTables(template).map((definition) => ({
        definition,
        readers: readersOf(template, definition.name),
      }));
      return DynamoDb.open(join(dir, 'tables'), tables, now);
    },
  };
}
