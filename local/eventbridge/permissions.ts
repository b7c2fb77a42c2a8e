import { sessionOf } from '../iam/principal.ts';
import type { Principals } from '../iam/principals.ts';
import type { AsyncFunction } from '../lambda/async-invocations.ts';
import { UnsupportedTemplateError } from '../template/unsupported.ts';
import type { Rule } from './rules.ts';

/**
 * Checks that what cannot be delivered can be kept: on AWS a queue that does not let its sender in loses it silently.
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
    for (const { deadLetterQueue: resource } of targets) {
      const access = { action, resource: resource ?? '', context: { 'aws:SourceArn': arn } };
      if (resource === undefined || iam.allowsService('events.amazonaws.com', access)) continue;
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
