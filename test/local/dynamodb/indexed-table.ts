import type { TableDefinition } from '../../../local/dynamodb/table.ts';
import { DEFINITION } from './table-definition.ts';

/** The table `things` with an index of those that have `list_pk` and `list_sk`, which holds `kind` of them too. */
export const INDEXED: TableDefinition = {
  ...DEFINITION,
  attributeDefinitions: ['pk', 'list_pk', 'list_sk'].map((AttributeName) => ({
    AttributeName,
    AttributeType: 'S',
  })),
  indexes: [
    {
      IndexName: 'list',
      KeySchema: [
        { AttributeName: 'list_pk', KeyType: 'HASH' },
        { AttributeName: 'list_sk', KeyType: 'RANGE' },
      ],
      Projection: { ProjectionType: 'INCLUDE', NonKeyAttributes: ['kind'] },
    },
  ],
};

/** What a query of the whole of one partition of the index asks. */
export const ofPartition = (partition: string) => ({
  TableName: INDEXED.name,
  IndexName: 'list',
  KeyConditionExpression: 'list_pk = :p',
  ExpressionAttributeValues: { ':p': { S: partition } },
});
