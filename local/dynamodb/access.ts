import type { Access } from '../iam/principal.ts';
import { ACCOUNT_ID, REGION } from '../template/account.ts';

interface Input {
  readonly TableName?: unknown;
  readonly IndexName?: unknown;
  readonly Key?: unknown;
  readonly Item?: unknown;
  readonly KeyConditionExpression?: unknown;
  readonly ExpressionAttributeNames?: unknown;
  readonly ExpressionAttributeValues?: unknown;
}

const EQUALITY = /(?<![\w#.:])([#\w.-]+)\s*=\s*(:\w+)/g;

/**
 * The permission that an operation on items needs. `dynamodb:LeadingKeys` holds the partition keys that its input names.
 * If the partition key cannot be read from the input, no LeadingKeys are set, so a principal limited by them is denied.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/specifying-conditions.html
 */
export function tableAccess(operation: string, input: Input, partitionKey: string): Access {
  const { IndexName } = input;
  const arn = `arn:aws:dynamodb:${REGION}:${ACCOUNT_ID}:table/${tableName(input)}`;
  const keys = IndexName === undefined ? leadingKeys(operation, input, partitionKey) : [];
  return {
    action: `dynamodb:${operation}`,
    resource: IndexName === undefined ? arn : `${arn}/index/${IndexName}`,
    context: keys.length > 0 ? { 'dynamodb:LeadingKeys': keys } : {},
  };
}

/** The name of the table that a request is for; the request may give its ARN instead. */
export function tableName({ TableName }: { readonly TableName?: unknown }): string {
  return String(TableName).replace(/^arn:aws:dynamodb:[^:]*:\d*:table\//, '');
}

function leadingKeys(operation: string, input: Input, partitionKey: string): string[] {
  const values = operation === 'Query' ? queriedKeys(input, partitionKey) : [];
  const item = asRecord(operation === 'PutItem' ? input.Item : input.Key);
  return [...values, item[partitionKey]]
    .flatMap((value) => Object.values(asRecord(value)))
    .filter((scalar) => typeof scalar === 'string');
}

/** The values that a query's key condition compares the partition key with. */
function queriedKeys(input: Input, partitionKey: string): unknown[] {
  const { KeyConditionExpression, ExpressionAttributeNames, ExpressionAttributeValues } = input;
  const names = asRecord(ExpressionAttributeNames);
  const values = asRecord(ExpressionAttributeValues);
  return [...String(KeyConditionExpression ?? '').matchAll(EQUALITY)].flatMap(([, name = '', value = '']) =>
    (names[name] ?? name) === partitionKey ? [values[value]] : [],
  );
}

function asRecord(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}
