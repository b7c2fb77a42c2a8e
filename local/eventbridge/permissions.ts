import { sessionOf } from '../iam/principal.ts';
import type { Principals } from '../iam/principals.ts';
import type { AsyncFunction } from '../lambda/async-invocations.ts';
import { UnsupportedTemplateError } from '../template/unsupported.ts';
import type { Rule, RuleTarget } from './rules.ts';

/**
 * Checks that rules may send to the queues that are their targets, and that rules and functions may send to their
 * dead-letter queues. On AWS an event whose queue refuses it is lost without a word.
 *
 * @throws UnsupportedTemplateError naming the first queue that refuses
 */
export function requireQueueAccess(
  iam: Principals,
  rules: readonly Rule[],
  functions: readonly AsyncFunction[],
): void {
  const action = 'sqs:SendMessage';
  for (const { name, arn, targets } of rules) {
    for (const resource of targets.flatMap(queuesOf)) {
      const access = { action, resource, context: { 'aws:SourceArn': arn } };
      if (iam.allowsService('events.amazonaws.com', access)) continue;
      throw new UnsupportedTemplateError(
        `The policy of ${resource} does not let the rule ${name} send to it`,
      );
    }
  }
  for (const { name, roleArn, onFailure: resource } of functions) {
    const role = iam.role(roleArn);
    if (resource === undefined || role === undefined) continue;
    if (iam.allows(sessionOf(role, name), { action, resource })) continue;
    throw new UnsupportedTemplateError(`The role of the function ${name} may not send to ${resource}`);
  }
}

/** The queues that a target, or what could not be delivered to it, is sent to. */
function queuesOf(target: RuleTarget): string[] {
  const queues = ['queueArn' in target ? target.queueArn : undefined, target.deadLetterQueue];
  return queues.filter((queue) => queue !== undefined);
}
