import type { Resource, StackTemplate } from '../template/template.ts';
import { UnsupportedTemplateError } from '../template/unsupported.ts';

/** A function that works off a queue. */
export interface QueueMappingDefinition {
  /** The mapping's logical id. */
  readonly mappingId: string;
  readonly queueArn: string;
  readonly functionName: string;
  readonly functionTimeoutSeconds: number;
  /** The function's role, with which Lambda reads the queue. */
  readonly roleArn: string;
  readonly settings: QueueMappingSettings;
}

/** https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-parameters.html */
export interface QueueMappingSettings {
  /** Messages in a batch, at most. */
  readonly batchSize: number;
  /** Batches under way at a time, at most. */
  readonly maximumConcurrency: number;
  /** Whether the function's answer names the messages that failed. */
  readonly reportBatchItemFailures: boolean;
}

/** The properties that are applied, and MetricsConfig and Tags, which do not change what is delivered. */
const PROPERTIES = [
  'BatchSize',
  'Enabled',
  'EventSourceArn',
  'FunctionName',
  'FunctionResponseTypes',
  'MetricsConfig',
  'ScalingConfig',
  'Tags',
];

/** Lambda begins with five pollers. https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html */
const DEFAULT_CONCURRENCY = 5;
/** Without a batching window, which is not run locally. */
const MAX_BATCH_SIZE = 10;
/** Lambda's own default, in seconds. */
const DEFAULT_TIMEOUT = 3;

/** Whether a mapping's source is a queue. */
export function isQueueMapping(template: StackTemplate, { properties }: Resource): boolean {
  return String(template.resolve(properties['EventSourceArn'])).startsWith('arn:aws:sqs:');
}

/**
 * The stack's mappings of queues that are enabled.
 *
 * @throws UnsupportedTemplateError for one that asks for what is not run locally
 */
export function readQueueMappings(template: StackTemplate): readonly QueueMappingDefinition[] {
  return template
    .resources('AWS::Lambda::EventSourceMapping')
    .filter(({ properties }) => properties['Enabled'] !== false)
    .filter((resource) => isQueueMapping(template, resource))
    .map((resource) => readQueueMapping(template, resource));
}

function readQueueMapping(
  template: StackTemplate,
  { logicalId, properties }: Resource,
): QueueMappingDefinition {
  const unknown = Object.keys(properties).find((name) => !PROPERTIES.includes(name));
  if (unknown !== undefined)
    throw new UnsupportedTemplateError(`${unknown} of the mapping ${logicalId} is not run locally`);
  const batchSize = Number(properties['BatchSize'] ?? MAX_BATCH_SIZE);
  if (batchSize > MAX_BATCH_SIZE) {
    throw new UnsupportedTemplateError(
      `A batch of the mapping ${logicalId} has ${batchSize} messages: ${MAX_BATCH_SIZE} at most are run locally`,
    );
  }
  const fn = template.referred('AWS::Lambda::Function', properties['FunctionName']);
  const queue = template.referred('AWS::SQS::Queue', properties['EventSourceArn']);
  const scaling = properties['ScalingConfig'] as { MaximumConcurrency?: unknown } | undefined;
  const responseTypes = (properties['FunctionResponseTypes'] ?? []) as readonly string[];
  return {
    mappingId: logicalId,
    queueArn: String(template.resolve({ 'Fn::GetAtt': [queue.logicalId, 'Arn'] })),
    functionName: fn.name,
    functionTimeoutSeconds: Number(fn.properties['Timeout'] ?? DEFAULT_TIMEOUT),
    roleArn: String(template.resolve(fn.properties['Role'])),
    settings: {
      batchSize,
      maximumConcurrency: Number(scaling?.MaximumConcurrency ?? DEFAULT_CONCURRENCY),
      reportBatchItemFailures: responseTypes.includes('ReportBatchItemFailures'),
    },
  };
}
