import type { TableDefinition } from '../dynamodb/table.ts';
import { readStreamTable } from '../dynamodb/template.ts';
import { type EventPattern, readPattern } from '../event-pattern/pattern.ts';
import type { Resource, StackTemplate } from '../template/template.ts';
import { UnsupportedTemplateError } from '../template/unsupported.ts';
import type { EventSourceMappingSettings } from './mapping.ts';
import { isQueueMapping } from './queue-mapping-template.ts';

/** A function that reads a table's stream. */
export interface StreamMapping {
  /** The mapping's logical id, which is its name as a reader of the stream. */
  readonly mappingId: string;
  readonly table: TableDefinition;
  readonly functionName: string;
  readonly functionArn: string;
  readonly settings: EventSourceMappingSettings;
  /** A record goes to the function if one of them matches it. Without filters every record does. */
  readonly filters: readonly EventPattern[];
  /** The bucket that takes what is given up. @default - it is dropped */
  readonly failureBucket?: string;
}

/**
 * The properties that are applied, and MetricsConfig and Tags, which do not change what is delivered.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-lambda-eventsourcemapping.html
 */
const PROPERTIES = [
  'BatchSize',
  'BisectBatchOnFunctionError',
  'DestinationConfig',
  'Enabled',
  'EventSourceArn',
  'FilterCriteria',
  'FunctionName',
  'FunctionResponseTypes',
  'MaximumRecordAgeInSeconds',
  'MaximumRetryAttempts',
  'MetricsConfig',
  'ParallelizationFactor',
  'StartingPosition',
  'Tags',
];

/** Lambda's default quota: https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventfiltering.html */
const MAX_FILTERS = 5;

/**
 * The stack's stream mappings that are enabled.
 *
 * @throws UnsupportedTemplateError for one that asks for what is not run locally
 */
export function readStreamMappings(template: StackTemplate): readonly StreamMapping[] {
  return template
    .resources('AWS::Lambda::EventSourceMapping')
    .filter(({ properties }) => properties['Enabled'] !== false)
    .filter((resource) => !isQueueMapping(template, resource))
    .map((resource) => readStreamMapping(template, resource));
}

function readStreamMapping(template: StackTemplate, { logicalId, properties }: Resource): StreamMapping {
  const unknown = Object.keys(properties).find((name) => !PROPERTIES.includes(name));
  if (unknown !== undefined)
    throw new UnsupportedTemplateError(`${unknown} of the mapping ${logicalId} is not run locally`);
  const { StartingPosition: position = 'TRIM_HORIZON' } = properties;
  if (position !== 'TRIM_HORIZON') {
    throw new UnsupportedTemplateError(
      `A mapping starts from TRIM_HORIZON locally: ${logicalId} starts from ${position}`,
    );
  }
  const fn = template.referred('AWS::Lambda::Function', properties['FunctionName']);
  const onFailure = (properties['DestinationConfig'] as { OnFailure?: { Destination?: unknown } } | undefined)
    ?.OnFailure;
  return {
    mappingId: logicalId,
    table: readStreamTable(template, properties['EventSourceArn']),
    functionName: fn.name,
    functionArn: String(template.resolve({ 'Fn::GetAtt': [fn.logicalId, 'Arn'] })),
    settings: readSettings(properties),
    filters: readFilters(template, logicalId, properties['FilterCriteria']),
    ...(onFailure && { failureBucket: template.referred('AWS::S3::Bucket', onFailure.Destination).name }),
  };
}

function readFilters(template: StackTemplate, mapping: string, criteria: unknown): readonly EventPattern[] {
  const { Filters = [] } = (criteria ?? {}) as { Filters?: readonly { Pattern?: unknown }[] };
  if (Filters.length > MAX_FILTERS) {
    throw new UnsupportedTemplateError(
      `The mapping ${mapping} has ${Filters.length} filters: Lambda takes ${MAX_FILTERS}`,
    );
  }
  return Filters.map(({ Pattern }) => {
    try {
      return readPattern(JSON.parse(String(template.resolve(Pattern))));
    } catch (error) {
      throw new UnsupportedTemplateError(
        `A filter of the mapping ${mapping}: ${(error as Error).message.replaceAll('\n', ' ')}`,
        { cause: error },
      );
    }
  });
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
