import { AwsError } from '../http/aws-error.ts';
import type { Item } from './dynalite-store.ts';

export interface WriteInput {
  readonly Key?: Item;
  readonly Item?: Item;
  readonly ReturnValuesOnConditionCheckFailure?: string;
}

/**
 * dynalite ignores the parameter, whatever it holds.
 *
 * @throws AwsError for a value that DynamoDB does not know
 */
export function requireKnownReturnValues(input: WriteInput): void {
  const { ReturnValuesOnConditionCheckFailure: value = 'NONE' } = input;
  if (value === 'NONE' || value === 'ALL_OLD') return;
  throw new AwsError(
    400,
    'ValidationException',
    `1 validation error detected: Value '${value}' at 'returnValuesOnConditionCheckFailure' failed to satisfy constraint: Member must satisfy enum value set: [ALL_OLD, NONE]`,
  );
}

/**
 * Adds the item to the error of a write that its condition refused, if the request asks for it and there is an item.
 *
 * @param readItem reads the item that the condition was tried on
 */
export async function withOldItem(
  error: unknown,
  input: WriteInput,
  readItem: () => Promise<Item | undefined>,
): Promise<unknown> {
  if (input.ReturnValuesOnConditionCheckFailure !== 'ALL_OLD') return error;
  if (!(error instanceof AwsError) || error.code !== 'ConditionalCheckFailedException') return error;
  const Item = await readItem();
  return Item === undefined ? error : new AwsError(error.status, error.code, error.message, { Item });
}
