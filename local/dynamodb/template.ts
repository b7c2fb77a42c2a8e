import type { Resource, StackTemplate } from '../template/template.ts';
import type { PlainTableDefinition } from './plain-table.ts';
import type { TableDefinition } from './table.ts';

const TYPES = ['AWS::DynamoDB::Table', 'AWS::DynamoDB::GlobalTable'];

/** The table of a stream. */
export function readStreamTable(template: StackTemplate, streamArn: unknown): TableDefinition {
  const table = readTable(template.referred(TYPES, streamArn));
  return { ...table, streamArn: String(template.resolve(streamArn)) };
}

/** All of the stack's tables, with the streams that they have. */
export function readTables(template: StackTemplate): readonly (PlainTableDefinition | TableDefinition)[] {
  return template.resources(...TYPES).map((resource) => {
    const definition = readTable(resource);
    if (resource.properties['StreamSpecification'] === undefined) return definition;
    const streamArn = template.resolve({ 'Fn::GetAtt': [resource.logicalId, 'StreamArn'] });
    return { ...definition, streamArn: String(streamArn) };
  });
}

/** @throws Error for a table that asks for what is not run locally */
function readTable({ name, properties }: Resource): PlainTableDefinition {
  for (const unsupported of ['GlobalSecondaryIndexes', 'LocalSecondaryIndexes']) {
    if (properties[unsupported] !== undefined) {
      throw new Error(`${unsupported} of a table are not run locally: ${name} has some`);
    }
  }
  return {
    name,
    keySchema: properties['KeySchema'] as PlainTableDefinition['keySchema'],
    attributeDefinitions: properties['AttributeDefinitions'] as PlainTableDefinition['attributeDefinitions'],
  };
}
