import type { DynamoDBRecord } from 'aws-lambda';
import { sequenceNumberOf } from '../dynamodb/stream-record.ts';

/** The function's answer is malformed, or names a record that is not in the batch: the whole batch counts as failed. */
export class BatchResponseError extends Error {
  constructor() {
    super('batchItemFailures does not name records of the batch');
    this.name = 'BatchResponseError';
  }
}

/**
 * Counts the records, from the first, that a function which reports batch item failures is done with: those before the
 * first that it names. https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-batchfailurereporting.html
 *
 * @throws BatchResponseError
 */
export function countDelivered(response: unknown, records: readonly DynamoDBRecord[]): number {
  if (response === null || response === undefined) return records.length;
  if (typeof response !== 'object') throw new BatchResponseError();
  const { batchItemFailures } = response as { batchItemFailures?: unknown };
  if (batchItemFailures === null || batchItemFailures === undefined) return records.length;
  if (!Array.isArray(batchItemFailures)) throw new BatchResponseError();
  const failed = batchItemFailures.map((failure: { itemIdentifier?: unknown } | null) => {
    const index = records.findIndex((record) => sequenceNumberOf(record) === failure?.itemIdentifier);
    if (index < 0) throw new BatchResponseError();
    return index;
  });
  return Math.min(records.length, ...failed);
}
