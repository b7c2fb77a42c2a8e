import type { ServiceOperation } from '../endpoint/service.ts';
import { ACCOUNT_ID, REGION } from '../template/account.ts';
import { tableArn, tableName } from './access.ts';
import type { Table } from './table.ts';

interface Tables {
  readonly names: readonly string[];
  /** @throws AwsError 400 ResourceNotFoundException */
  require(name: string): Table;
}

/**
 * The operations on tables themselves. https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_ListTables.html
 */
export function tableOperations(tables: Tables): Readonly<Record<string, ServiceOperation<object>>> {
  return {
    ListTables: {
      access: () => [
        { action: 'dynamodb:ListTables', resource: `arn:aws:dynamodb:${REGION}:${ACCOUNT_ID}:table/*` },
      ],
      handle: () => ({ TableNames: [...tables.names].sort() }),
    },
    DescribeTable: {
      access: (input: { readonly TableName?: unknown }) => [
        { action: 'dynamodb:DescribeTable', resource: tableArn(tableName(input)) },
      ],
      handle: async (input: { readonly TableName?: unknown }) => {
        const name = tableName(input);
        return { Table: { ...(await tables.require(name).describe()), TableArn: tableArn(name) } };
      },
    },
  };
}
