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
 *
 * @param partitionKey the attribute that the table is partitioned by, or the index where the input names one
 */
export function tableAccess(operation: string, input: Input, partitionKey: string | undefined): Access {
  const { IndexName } = input;
  const arn = tableArn(tableName(input));
  return {
    action: `dynamodb:${operation}`,
    resource: IndexName === undefined ? arn : `${arn}/index/${IndexName}`,
    context: leadingKeys(namedKeys(operation, input, partitionKey)),
  };
}

/** The permission that a BatchGetItem needs on one of its tables, whose keys it gives. */
export function batchAccess(table: string, keys: unknown, partitionKey: string | undefined): Access {
  const named = Array.isArray(keys) ? keys.map((key) => attribute(key, partitionKey)) : [];
  return { action: 'dynamodb:BatchGetItem', resource: tableArn(table), context: leadingKeys(named) };
}

/** The name of the table that a request is for; the request may give its ARN instead. */
export function tableName({ TableName }: { readonly TableName?: unknown }): string {
  return String(TableName).replace(/^arn:aws:dynamodb:[^:]*:\d*:table\//, '');
}

export const tableArn = (name: string) => `arn:aws:dynamodb:${REGION}:${ACCOUNT_ID}:table/${name}`;

function leadingKeys(named: readonly unknown[]): NonNullable<Access['context']> {
  const keys = named
    .flatMap((value) => Object.values(asRecord(value)))
    .filter((scalar) => typeof scalar === 'string');
  return keys.length > 0 ? { 'dynamodb:LeadingKeys': keys } : {};
}

function namedKeys(operation: string, input: Input, partitionKey: string | undefined): unknown[] {
  if (operation === 'Query') return queriedKeys(input, partitionKey);
  return [attribute(operation === 'PutItem' ? input.Item : input.Key, partitionKey)];
}

/** The values that a query's key condition compares the partition key with. */
function queriedKeys(input: Input, partitionKey: string | undefined): unknown[] {
  const { KeyConditionExpression, ExpressionAttributeNames, ExpressionAttributeValues } = input;
  const names = asRecord(ExpressionAttributeNames);
  const values = asRecord(ExpressionAttributeValues);
  return [...String(KeyConditionExpression ?? '').matchAll(EQUALITY)].flatMap(([, name = '', value = '']) =>
    (names[name] ?? name) === partitionKey ? [values[value]] : [],
  );
}

function attribute(item: unknown, name: string | undefined): unknown {
  return name === undefined ? undefined : asRecord(item)[name];
}

function asRecord(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}
