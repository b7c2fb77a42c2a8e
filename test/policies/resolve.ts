import { resolveIntrinsics } from '../../local/template/intrinsics.ts';

/** As loose as CloudFormation: what a reader needs of it, it checks. */
export interface TemplateJson {
  readonly Resources: Readonly<Record<string, ResourceJson>>;
}

export interface ResourceJson {
  readonly Type: string;
  // biome-ignore lint/suspicious/noExplicitAny: as loose as the template that it is a part of
  readonly Properties?: any;
}

export const ACCOUNT = '111122223333';
const REGION = 'eu-west-1';

const PSEUDO_PARAMETERS: Readonly<Record<string, string>> = {
  'AWS::AccountId': ACCOUNT,
  'AWS::Partition': 'aws',
  'AWS::Region': REGION,
};

const arn = (service: string, resource: string) => `arn:aws:${service}:${REGION}:${ACCOUNT}:${resource}`;

const ATTRIBUTES: Readonly<Record<string, (name: string) => Readonly<Record<string, string>>>> = {
  'AWS::S3::Bucket': (name) => ({ Ref: name.toLowerCase(), Arn: `arn:aws:s3:::${name.toLowerCase()}` }),
  'AWS::DynamoDB::Table': (name) => ({
    Ref: name,
    Arn: arn('dynamodb', `table/${name}`),
    StreamArn: arn('dynamodb', `table/${name}/stream/2026-01-01T00:00:00.000`),
  }),
  'AWS::Events::EventBus': (name) => ({ Ref: name, Arn: arn('events', `event-bus/${name}`) }),
  'AWS::Events::Rule': (name) => ({ Ref: name, Arn: arn('events', `rule/${name}`) }),
  'AWS::SQS::Queue': (name) => ({
    Ref: `https://sqs.${REGION}.amazonaws.com/${ACCOUNT}/${name}`,
    Arn: arn('sqs', name),
  }),
  'AWS::Logs::LogGroup': (name) => ({ Ref: name, Arn: arn('logs', `log-group:${name}:*`) }),
  'AWS::IAM::Role': (name) => ({ Ref: name, Arn: `arn:aws:iam::${ACCOUNT}:role/${name}` }),
};

/** What `Ref` or `Fn::GetAtt` would give in the one account and Region of these tests. */
export function attributeOf(template: TemplateJson, logicalId: string, attribute: string): string {
  const type = template.Resources[logicalId]?.Type ?? '';
  // Without the hash of its path, a logical id is the shorter name that an ARN is the sooner matched by.
  const value = ATTRIBUTES[type]?.(logicalId.replace(/[0-9A-F]{8}$/, ''))[attribute];
  if (value === undefined) throw new Error(`${type} ${logicalId} has no ${attribute} here`);
  return value;
}

/** A part of the template as AWS would see it. */
export function resolve(template: TemplateJson, part: unknown): unknown {
  return resolveIntrinsics(
    part,
    (logicalId, attribute) => PSEUDO_PARAMETERS[logicalId] ?? attributeOf(template, logicalId, attribute),
  );
}
