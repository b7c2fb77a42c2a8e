import { openTable } from '../../../local/dynamodb/open-table.ts';
import type { TableDefinition } from '../../../local/dynamodb/table.ts';
import { temporaryDirectory } from '../../support/temporary.ts';

export const STREAM_ARN = 'arn:aws:dynamodb:us-east-1:000000000000:table/things/stream/local';

export const DEFINITION: TableDefinition = {
  name: 'things',
  streamArn: STREAM_ARN,
  keySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
  attributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }],
};

/** The reader of the stream, in tests that have one. */
export const READER = 'reader';

export const openThings = (dir: string, definition: TableDefinition = DEFINITION) =>
  openTable({ dir, definition, readers: [READER] });

export const makeDir = () => temporaryDirectory();
