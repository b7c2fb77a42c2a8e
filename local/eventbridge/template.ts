import { type EventPattern, readPattern } from '../event-pattern/pattern.ts';
import type { Resource, StackTemplate } from '../template/template.ts';
import type { Rule, Target } from './rules.ts';

/** EventBridge's own: https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_RetryPolicy.html */
const DEFAULT_RETRY_ATTEMPTS = 185;
const DEFAULT_EVENT_AGE_SECONDS = 86_400;

const RULE_PROPERTIES = ['Description', 'EventBusName', 'EventPattern', 'State', 'Tags', 'Targets'];
const TARGET_PROPERTIES = ['Arn', 'DeadLetterConfig', 'Id', 'RetryPolicy'];

/**
 * The rules of the stack's bus that are enabled.
 *
 * @throws Error for a rule, a target or a pattern that asks for what is not run locally
 */
export function readRules(template: StackTemplate): readonly Rule[] {
  return template
    .resources('AWS::Events::Rule')
    .filter(({ properties }) => properties['State'] !== 'DISABLED')
    .map((resource) => readRule(template, resource));
}

function readRule(template: StackTemplate, { logicalId, name, properties }: Resource): Rule {
  refuseOthers(properties, RULE_PROPERTIES, `the rule ${name}`);
  template.referred('AWS::Events::EventBus', properties['EventBusName'] ?? 'default');
  const targets = (properties['Targets'] ?? []) as readonly Resource['properties'][];
  return {
    name,
    arn: arnOf(template, logicalId),
    pattern: patternOf(template, name, properties['EventPattern']),
    targets: targets.map((target) => readTarget(template, name, target)),
  };
}

function patternOf(template: StackTemplate, rule: string, pattern: unknown): EventPattern {
  try {
    return readPattern(template.resolve(pattern));
  } catch (error) {
    throw new Error(`The pattern of the rule ${rule}: ${(error as Error).message}`, { cause: error });
  }
}

function readTarget(template: StackTemplate, rule: string, properties: Resource['properties']): Target {
  refuseOthers(properties, TARGET_PROPERTIES, `a target of the rule ${rule}`);
  const fn = template.referred('AWS::Lambda::Function', properties['Arn']);
  const retryPolicy = (properties['RetryPolicy'] ?? {}) as Record<string, number>;
  const deadLetters = properties['DeadLetterConfig'] as { Arn?: unknown } | undefined;
  return {
    id: String(properties['Id']),
    functionName: fn.name,
    functionArn: arnOf(template, fn.logicalId),
    retryPolicy: {
      maximumRetryAttempts: retryPolicy['MaximumRetryAttempts'] ?? DEFAULT_RETRY_ATTEMPTS,
      maximumEventAgeInSeconds: retryPolicy['MaximumEventAgeInSeconds'] ?? DEFAULT_EVENT_AGE_SECONDS,
    },
    ...(deadLetters && { deadLetterQueue: queueArn(template, deadLetters.Arn) }),
  };
}

function refuseOthers(properties: Resource['properties'], known: readonly string[], what: string): void {
  const other = Object.keys(properties).find((property) => !known.includes(property));
  if (other !== undefined) throw new Error(`${other} of ${what} is not run locally`);
}

function queueArn(template: StackTemplate, reference: unknown): string {
  return arnOf(template, template.referred('AWS::SQS::Queue', reference).logicalId);
}

function arnOf(template: StackTemplate, logicalId: string): string {
  return String(template.resolve({ 'Fn::GetAtt': [logicalId, 'Arn'] }));
}
