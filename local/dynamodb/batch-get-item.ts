import type { ConsumedCapacity } from '@aws-sdk/client-dynamodb';
import type { ServiceOperation } from '../endpoint/service.ts';
import { AwsError } from '../http/aws-error.ts';
import { batchAccess, tableName } from './access.ts';
import type { Item } from './dynalite-store.ts';
import type { Table } from './table.ts';

/** What is asked of one table. */
interface TableRequest {
  readonly Keys?: unknown;
}

interface Input {
  readonly RequestItems?: unknown;
  readonly ReturnConsumedCapacity?: unknown;
}

interface Output {
  readonly Responses: Readonly<Record<string, readonly Item[]>>;
  readonly UnprocessedKeys: Readonly<Record<string, TableRequest>>;
  readonly ConsumedCapacity?: readonly ConsumedCapacity[];
}

/** How many keys a call may ask for. */
const MAX_KEYS = 100;

/**
 * BatchGetItem, of any of the account's tables. Items beyond 1 MB of a table are left to another call, as DynamoDB may do:
 * https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchGetItem.html
 */
export function batchGetItem(tables: {
  find(name: string): Table | undefined;
  /** @throws AwsError 400 ResourceNotFoundException */
  require(name: string): Table;
}): ServiceOperation<object> {
  return {
    access: (input) =>
      requestsOf(input).map(([name, { Keys }]) => batchAccess(name, Keys, tables.find(name)?.partitionKey())),
    async handle(input: Input) {
      const requests = requestsOf(input);
      const count = requests.reduce((sum, [, { Keys }]) => sum + (Array.isArray(Keys) ? Keys.length : 0), 0);
      if (count > MAX_KEYS) throw invalid('Too many items requested for the BatchGetItem call');
      const outputs = await Promise.all(
        requests.map(([name, request]) => {
          const one = { ...input, RequestItems: { [name]: request } };
          return tables.require(name).handle('BatchGetItem', one) as Promise<Output>;
        }),
      );
      return merge(outputs, Object.fromEntries(requests));
    },
  };
}

function merge(outputs: readonly Output[], requests: Readonly<Record<string, TableRequest>>): Output {
  const unprocessed = outputs.flatMap(({ UnprocessedKeys }) => Object.entries(UnprocessedKeys));
  const capacities = outputs.flatMap(({ ConsumedCapacity = [] }) => ConsumedCapacity);
  return {
    Responses: Object.assign({}, ...outputs.map(({ Responses }) => Responses)),
    // dynalite leaves out the request's projection, with which the caller would ask for these keys again.
    UnprocessedKeys: Object.fromEntries(
      unprocessed.map(([name, { Keys }]) => [name, { ...requests[name], Keys }]),
    ),
    ...(capacities.length > 0 && { ConsumedCapacity: capacities }),
  };
}

/** What a call asks of each table, by the table's name. @throws AwsError 400 ValidationException */
function requestsOf({ RequestItems }: Input): readonly (readonly [name: string, TableRequest])[] {
  const requests = Object.entries(RequestItems ?? {});
  if (typeof RequestItems !== 'object' || requests.length === 0) {
    throw invalid('The requestItems parameter is required for BatchGetItem');
  }
  return requests.map(([table, request]) => [tableName({ TableName: table }), request ?? {}]);
}

const invalid = (message: string) => new AwsError(400, 'ValidationException', message);
