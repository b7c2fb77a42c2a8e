/**
 * Reads which messages of a batch the answer of a function names as failed. An answer that cannot be read, or an
 * identifier that is empty, fails the whole batch.
 * https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html#services-sqs-batchfailurereporting
 *
 * @param ids the ids of the batch's messages
 */
export function failedMessages(response: unknown, ids: readonly string[]): ReadonlySet<string> {
  if (response === null || response === undefined) return new Set();
  const { batchItemFailures = [] } = response as { batchItemFailures?: unknown };
  if (batchItemFailures === null) return new Set();
  if (typeof response !== 'object' || !Array.isArray(batchItemFailures)) return new Set(ids);
  const failed = batchItemFailures.map(
    (failure: { itemIdentifier?: unknown } | null) => failure?.itemIdentifier,
  );
  const isReadable = failed.every((id): id is string => typeof id === 'string' && ids.includes(id));
  return new Set(isReadable ? failed : ids);
}
