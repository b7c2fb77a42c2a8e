import { type EventPattern, readPattern } from '../event-pattern/pattern.ts';
import type { Resource, StackTemplate } from '../template/template.ts';
import { UnsupportedTemplateError } from '../template/unsupported.ts';
import { busName, DEFAULT_BUS } from './put-events.ts';
import type { Rule, RuleTarget } from './rules.ts';
import type { RuleDescription } from './service.ts';

/** EventBridge's defaults: https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_RetryPolicy.html */
const DEFAULT_RETRY_ATTEMPTS = 185;
const DEFAULT_EVENT_AGE_SECONDS = 86_400;

const RULE_PROPERTIES = ['Description', 'EventBusName', 'EventPattern', 'State', 'Tags', 'Targets'];
const TARGET_PROPERTIES = ['Arn', 'DeadLetterConfig', 'Id', 'RetryPolicy'];

/**
 * Reads the stack's rules, of any bus, that are enabled.
 *
 * @throws UnsupportedTemplateError for a rule, a target or a pattern that asks for what is not run locally
 */
export function readRules(template: StackTemplate): readonly Rule[] {
  return template
    .resources('AWS::Events::Rule')
    .filter(({ properties }) => properties['State'] !== 'DISABLED')
    .map((resource) => readRule(template, resource));
}

/** Describes every rule of the stack, with its pattern as the template has it. */
export function describeRules(template: StackTemplate): readonly RuleDescription[] {
  return template.resources('AWS::Events::Rule').map(({ logicalId, name, properties }) => ({
    Name: name,
    Arn: arnOf(template, logicalId),
    EventBusName: busOf(template, properties['EventBusName']),
    EventPattern: JSON.stringify(template.resolve(properties['EventPattern'])),
    State: properties['State'] === 'DISABLED' ? 'DISABLED' : 'ENABLED',
  }));
}

function readRule(template: StackTemplate, { logicalId, name, properties }: Resource): Rule {
  refuseOthers(properties, RULE_PROPERTIES, `the rule ${name}`);
  const targets = (properties['Targets'] ?? []) as readonly Resource['properties'][];
  return {
    bus: busOf(template, properties['EventBusName']),
    name,
    arn: arnOf(template, logicalId),
    pattern: patternOf(template, name, properties['EventPattern']),
    targets: targets.map((target) => readTarget(template, name, target)),
  };
}

/** A rule that names no bus is on the account's default bus. */
function busOf(template: StackTemplate, reference: unknown = DEFAULT_BUS): string {
  const name = busName({ EventBusName: String(template.resolve(reference)) });
  return name === DEFAULT_BUS ? name : template.referred('AWS::Events::EventBus', reference).name;
}

function patternOf(template: StackTemplate, rule: string, pattern: unknown): EventPattern {
  try {
    return readPattern(template.resolve(pattern));
  } catch (error) {
    throw new UnsupportedTemplateError(`The pattern of the rule ${rule}: ${(error as Error).message}`, {
      cause: error,
    });
  }
}

function readTarget(template: StackTemplate, rule: string, properties: Resource['properties']): RuleTarget {
  refuseOthers(properties, TARGET_PROPERTIES, `a target of the rule ${rule}`);
  const to = template.referred(['AWS::Lambda::Function', 'AWS::SQS::Queue'], properties['Arn']);
  const arn = arnOf(template, to.logicalId);
  const retryPolicy = (properties['RetryPolicy'] ?? {}) as Record<string, number>;
  const deadLetters = properties['DeadLetterConfig'] as { Arn?: unknown } | undefined;
  return {
    id: String(properties['Id']),
    ...(to.type === 'AWS::SQS::Queue' ? { queueArn: arn } : { functionName: to.name, functionArn: arn }),
    retryPolicy: {
      maximumRetryAttempts: retryPolicy['MaximumRetryAttempts'] ?? DEFAULT_RETRY_ATTEMPTS,
      maximumEventAgeInSeconds: retryPolicy['MaximumEventAgeInSeconds'] ?? DEFAULT_EVENT_AGE_SECONDS,
    },
    ...(deadLetters && { deadLetterQueue: queueArn(template, deadLetters.Arn) }),
  };
}

function refuseOthers(properties: Resource['properties'], known: readonly string[], what: string): void {
  const other = Object.keys(properties).find((property) => !known.includes(property));
  if (other !== undefined) throw new UnsupportedTemplateError(`${other} of ${what} is not run locally`);
}

function queueArn(template: StackTemplate, reference: unknown): string {
  return arnOf(template, template.referred('AWS::SQS::Queue', reference).logicalId);
}

function arnOf(template: StackTemplate, logicalId: string): string {
  return String(template.resolve({ 'Fn::GetAtt': [logicalId, 'Arn'] }));
}
