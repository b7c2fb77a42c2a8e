import { ACCOUNT_ID, REGION } from './account.ts';

/** Where the local cloud's servers are, which some values in a template rest on. */
export interface Endpoints {
  /** The URL of the AWS services. */
  readonly aws: string;
  /** The URL of the stack's API, where it runs. */
  readonly api?: string;
}

/** What `Ref` and `Fn::GetAtt` give for a resource: by the attribute's name, `Ref` among them. */
export type Attributes = Readonly<Record<string, string | undefined>>;

/**
 * The resource types that a room runs, each with the local values of its resources. A resource has its local name, and a
 * logical id in place of it where only other resources refer to it.
 */
export type ResourceTypes = Readonly<
  Record<
    string,
    (resource: { readonly name: string; readonly logicalId: string }, endpoints: Endpoints) => Attributes
  >
>;

/** The ARN of something in the local account. */
export function localArn(service: string, resource: string): string {
  return `arn:aws:${service}:${REGION}:${ACCOUNT_ID}:${resource}`;
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
