import type { TableDefinition } from '../dynamodb/table.ts';
import { readStreamTable } from '../dynamodb/template.ts';
import type { Resource, StackTemplate } from '../template/template.ts';
import type { EventSourceMappingSettings } from './mapping.ts';

/** A function that reads a table's stream. */
export interface StreamMapping {
  readonly table: TableDefinition;
  readonly functionName: string;
  readonly functionArn: string;
  readonly mappingId: string;
  readonly settings: EventSourceMappingSettings;
  /** The bucket that takes what is given up. */
  readonly failureBucket: string;
}

/** The stack's one stream mapping; @throws Error where there is none, or what it asks for is not run locally. */
export function readStreamMapping(template: StackTemplate): StreamMapping {
  const [mapping, another] = template.resources('AWS::Lambda::EventSourceMapping');
  if (mapping === undefined || another !== undefined)
    throw new Error('The template has not one stream mapping');
  const { properties, logicalId } = mapping;
  for (const unsupported of ['FilterCriteria', 'TumblingWindowInSeconds', 'MaximumBatchingWindowInSeconds']) {
    if (properties[unsupported] !== undefined)
      throw new Error(`${unsupported} of a mapping is not run locally`);
  }
  const fn = template.referred('AWS::Lambda::Function', properties['FunctionName']);
  const onFailure = (properties['DestinationConfig'] as { OnFailure?: { Destination?: unknown } } | undefined)
    ?.OnFailure;
  return {
    table: readStreamTable(template, properties['EventSourceArn']),
    functionName: fn.name,
    functionArn: String(template.resolve({ 'Fn::GetAtt': [fn.logicalId, 'Arn'] })),
    mappingId: logicalId,
    settings: readSettings(properties),
    failureBucket: template.referred('AWS::S3::Bucket', onFailure?.Destination).name,
  };
}

/** With Lambda's defaults: https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-params.html */
function readSettings(properties: Resource['properties']): EventSourceMappingSettings {
  const number = (name: string, byDefault: number) => Number(properties[name] ?? byDefault);
  const responseTypes = (properties['FunctionResponseTypes'] ?? []) as readonly string[];
  return {
    batchSize: number('BatchSize', 100),
    parallelizationFactor: number('ParallelizationFactor', 1),
    maximumRecordAgeInSeconds: number('MaximumRecordAgeInSeconds', -1),
    maximumRetryAttempts: number('MaximumRetryAttempts', -1),
    bisect: properties['BisectBatchOnFunctionError'] === true,
    reportBatchItemFailures: responseTypes.includes('ReportBatchItemFailures'),
  };
}
