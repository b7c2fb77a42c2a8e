import { ACCOUNT_ID, REGION } from './account.ts';

/** What `Ref` and `Fn::GetAtt` give for a resource. */
type Attributes = Readonly<Record<string, string | undefined>>;

/** A resource by its local name; its logical id is for those that only other resources refer to. */
type Values = (name: string, logicalId: string, awsUrl: string | undefined) => Attributes;

const arn = (service: string, resource: string) => `arn:aws:${service}:${REGION}:${ACCOUNT_ID}:${resource}`;

const table: Values = (name) => {
  const tableArn = arn('dynamodb', `table/${name}`);
  return { Ref: name, Arn: tableArn, StreamArn: `${tableArn}/stream/local` };
};

const opaque: Values = (_name, logicalId) => ({ Ref: logicalId });

const VALUES: Readonly<Record<string, Values>> = {
  'AWS::S3::Bucket': (name) => ({ Ref: name, Arn: `arn:aws:s3:::${name}` }),
  'AWS::DynamoDB::Table': table,
  'AWS::DynamoDB::GlobalTable': table,
  'AWS::Events::EventBus': (name) => ({ Ref: name, Arn: arn('events', `event-bus/${name}`) }),
  'AWS::Events::Rule': (name) => ({ Ref: name, Arn: arn('events', `rule/${name}`) }),
  'AWS::SQS::Queue': (name, _logicalId, awsUrl) => ({
    Ref: awsUrl && `${awsUrl}/${ACCOUNT_ID}/${name}`,
    Arn: arn('sqs', name),
  }),
  'AWS::Lambda::Function': (name) => ({ Ref: name, Arn: arn('lambda', `function:${name}`) }),
  'AWS::IAM::Role': (name) => ({ Ref: name, Arn: `arn:aws:iam::${ACCOUNT_ID}:role/${name}` }),
  'AWS::Logs::LogGroup': (name) => ({ Ref: name, Arn: arn('logs', `log-group:${name}:*`) }),
  'AWS::ApiGatewayV2::Api': opaque,
  'AWS::ApiGatewayV2::Integration': opaque,
  'AWS::ApiGatewayV2::Authorizer': opaque,
};

/**
 * The local values of a resource; of a type that is not run locally, none. Until the endpoint of the AWS services is
 * known, what rests on it has no value.
 */
export function localAttributes(
  resource: { readonly type: string; readonly name: string; readonly logicalId: string },
  awsUrl: string | undefined,
): Attributes {
  return VALUES[resource.type]?.(resource.name, resource.logicalId, awsUrl) ?? {};
}

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/pseudo-parameter-reference.html */
export function pseudoParameter(name: string): string | undefined {
  return {
    'AWS::AccountId': ACCOUNT_ID,
    'AWS::Partition': 'aws',
    'AWS::Region': REGION,
    'AWS::URLSuffix': 'amazonaws.com',
  }[name];
}
