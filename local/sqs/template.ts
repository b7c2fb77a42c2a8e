import type { Resource, StackTemplate } from '../template/template.ts';
import { UnsupportedTemplateError } from '../template/unsupported.ts';

/** A standard queue, as the template describes it. */
export interface QueueDefinition {
  readonly name: string;
  /** @default - as AWS would give it */
  readonly url?: string;
  /** Seconds. @default 30 */
  readonly visibilityTimeout?: number;
  /** Where messages go that were received too often. @default - they stay */
  readonly redrive?: {
    readonly maxReceiveCount: number;
    /** A queue's name. */
    readonly deadLetterQueue: string;
  };
}

/** Properties that change what a receiver sees. */
const REFUSED = ['DelaySeconds', 'FifoQueue'];

/**
 * The stack's queues.
 *
 * @throws UnsupportedTemplateError for a queue that asks for what is not run locally
 */
export function readQueues(template: StackTemplate): readonly QueueDefinition[] {
  return template.resources('AWS::SQS::Queue').map((resource) => readQueue(template, resource));
}

function readQueue(template: StackTemplate, { logicalId, name, properties }: Resource): QueueDefinition {
  const refused = REFUSED.find((property) => Boolean(properties[property]));
  if (refused !== undefined)
    throw new UnsupportedTemplateError(`${refused} of the queue ${name} is not run locally`);
  const visibilityTimeout = properties['VisibilityTimeout'];
  const policy = properties['RedrivePolicy'] as
    | { readonly deadLetterTargetArn: unknown; readonly maxReceiveCount: unknown }
    | undefined;
  return {
    name,
    url: String(template.resolve({ Ref: logicalId })),
    ...(visibilityTimeout !== undefined && { visibilityTimeout: Number(visibilityTimeout) }),
    ...(policy && {
      redrive: {
        maxReceiveCount: Number(policy.maxReceiveCount),
        deadLetterQueue: template.referred('AWS::SQS::Queue', policy.deadLetterTargetArn).name,
      },
    }),
  };
}
