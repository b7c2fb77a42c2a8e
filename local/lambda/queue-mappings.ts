import { sessionOf } from '../iam/principal.ts';
import type { Principals } from '../iam/principals.ts';
import type { Queue } from '../sqs/queue.ts';
import type { Sqs } from '../sqs/service.ts';
import { UnsupportedTemplateError } from '../template/unsupported.ts';
import { QueueMapping } from './queue-mapping.ts';
import type { QueueMappingDefinition } from './queue-mapping-template.ts';

export interface QueueMappingsOptions {
  readonly mappings: readonly QueueMappingDefinition[];
  readonly sqs: Sqs;
  readonly iam: Principals;
  /** Runs a function; a rejection is its failure on the whole batch. */
  readonly invoke: (functionName: string, payload: unknown) => Promise<unknown>;
  readonly firstBackoffMs: number;
}

/** What Lambda does with a function's role. https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html */
const ACTIONS = ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes'];

/** The stack's mappings of queues. */
export class QueueMappings {
  readonly #mappings: readonly QueueMapping[];

  /** @throws UnsupportedTemplateError for a mapping that Lambda would refuse */
  constructor({ mappings, sqs, iam, invoke, firstBackoffMs }: QueueMappingsOptions) {
    this.#mappings = mappings.map((definition) => {
      const { queueArn, functionName, settings } = definition;
      const queue = sqs.queueByArn(queueArn) as Queue;
      requireAccess(definition, iam);
      requireTime(definition, queue);
      return new QueueMapping({
        queue,
        queueArn,
        settings,
        firstBackoffMs,
        invoke: (event) => invoke(functionName, event),
      });
    });
  }

  /** Begins to deliver, with what an earlier process has left. */
  start(): void {
    for (const mapping of this.#mappings) mapping.start();
  }

  async close(): Promise<void> {
    await Promise.all(this.#mappings.map((mapping) => mapping.close()));
  }
}

function requireAccess({ functionName, roleArn, queueArn }: QueueMappingDefinition, iam: Principals): void {
  const role = iam.role(roleArn);
  const refused = ACTIONS.find(
    (action) => !role || !iam.allows(sessionOf(role, functionName), { action, resource: queueArn }),
  );
  if (refused === undefined) return;
  throw new UnsupportedTemplateError(
    `The role of the function ${functionName} has no ${refused} on ${queueArn}, which its mapping needs`,
  );
}

/** A batch would be received again while the function still works on it. */
function requireTime(definition: QueueMappingDefinition, { visibilityTimeout }: Queue): void {
  const { functionName, functionTimeoutSeconds, queueArn } = definition;
  if (visibilityTimeout >= functionTimeoutSeconds) return;
  throw new UnsupportedTemplateError(
    `The visibility timeout of ${queueArn}, ${visibilityTimeout} s, is less than the ${functionTimeoutSeconds} s that the function ${functionName} may take`,
  );
}
