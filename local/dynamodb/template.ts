import type { Resource, StackTemplate } from '../template/template.ts';
import { UnsupportedTemplateError } from '../template/unsupported.ts';
import type { IndexDescription } from './dynalite-store.ts';
import type { TableDefinition } from './table.ts';

const TYPES = ['AWS::DynamoDB::Table', 'AWS::DynamoDB::GlobalTable'];

/**
 * The stack's tables, each with its stream if it has one.
 *
 * @throws UnsupportedTemplateError for a table that asks for what is not run locally
 */
export function readTables(template: StackTemplate): readonly TableDefinition[] {
  return template.resources(...TYPES).map((resource) => readTable(template, resource));
}

/**
 * The table that a stream's ARN belongs to.
 *
 * @throws UnsupportedTemplateError where it is no stream of the stack's tables
 */
export function readStreamTable(template: StackTemplate, streamArn: unknown): TableDefinition {
  const arn = template.resolve(streamArn);
  const table = readTables(template).find((definition) => definition.streamArn === arn);
  if (table === undefined) throw new UnsupportedTemplateError(`${arn} is no stream of a table of the stack`);
  return table;
}

function readTable(template: StackTemplate, { logicalId, name, properties }: Resource): TableDefinition {
  if (properties['LocalSecondaryIndexes'] !== undefined) {
    throw new UnsupportedTemplateError(`Local indexes of a table are not run locally: ${name} has some`);
  }
  const stream = properties['StreamSpecification'] as { StreamViewType?: unknown } | undefined;
  if (stream !== undefined && stream.StreamViewType !== 'NEW_AND_OLD_IMAGES') {
    throw new UnsupportedTemplateError(
      `A stream has both images locally: that of ${name} has ${stream.StreamViewType}`,
    );
  }
  const indexes = properties['GlobalSecondaryIndexes'] as readonly IndexDescription[] | undefined;
  const timeToLive = properties['TimeToLiveSpecification'] as
    | { AttributeName?: unknown; Enabled?: unknown }
    | undefined;
  return {
    name,
    keySchema: properties['KeySchema'] as TableDefinition['keySchema'],
    attributeDefinitions: properties['AttributeDefinitions'] as TableDefinition['attributeDefinitions'],
    ...(indexes && { indexes: indexes.map(readIndex) }),
    ...(timeToLive?.Enabled === true && { timeToLiveAttribute: String(timeToLive.AttributeName) }),
    ...(stream && { streamArn: String(template.resolve({ 'Fn::GetAtt': [logicalId, 'StreamArn'] })) }),
  };
}

/** An index's throughput and its metrics do not change what it holds. */
function readIndex({ IndexName, KeySchema, Projection }: IndexDescription): IndexDescription {
  return { IndexName, KeySchema, Projection };
}
