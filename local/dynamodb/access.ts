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
 * What an operation on items needs, with the partition keys that it names: one that names none in a way that is read
 * here is refused to whoever is held to some.
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

/** The name of the table that a request is for, which may name it by its ARN. */
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

/** Each value that the partition key must be equal to. */
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
