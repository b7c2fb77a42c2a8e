import { AwsError } from '../http/aws-error.ts';
import type { QueryService } from '../http/query-service.ts';
import type { XmlElement } from '../http/xml.ts';
import { type Access, describeRefusal, type Principal } from '../iam/principal.ts';
import type { AccessControl } from '../iam/principals.ts';
import { ACCOUNT_ID, REGION } from '../template/account.ts';

export interface Stack {
  readonly name: string;
  /** By key; called for each request. */
  outputs(): Readonly<Record<string, string>>;
}

/** CloudFormation, which tells of one stack. https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeStacks.html */
export class CloudFormation implements QueryService {
  readonly service = 'cloudformation';
  readonly namespace = 'http://cloudformation.amazonaws.com/doc/2010-05-15/';
  readonly #iam: AccessControl;
  readonly #stack: Stack;
  readonly #startedAt = new Date();

  constructor(iam: AccessControl, stack: Stack) {
    this.#iam = iam;
    this.#stack = stack;
  }

  handle(caller: Principal, parameters: URLSearchParams): ReturnType<QueryService['handle']> {
    const { Action, Version, StackName, ...others } = Object.fromEntries(parameters);
    if (Action !== 'DescribeStacks' || Version !== '2010-05-15') {
      throw new AwsError(400, 'InvalidAction', `Could not find operation ${Action} for version ${Version}`);
    }
    const [surplus] = Object.keys(others);
    if (surplus !== undefined) throw new AwsError(400, 'ValidationError', `${surplus} is not implemented`);
    const access: Access = {
      action: 'cloudformation:DescribeStacks',
      resource: `arn:aws:cloudformation:${REGION}:${ACCOUNT_ID}:stack/${StackName ?? '*'}/*`,
    };
    if (!this.#iam.allows(caller, access))
      throw new AwsError(403, 'AccessDenied', describeRefusal(caller, access));
    if (StackName !== undefined && StackName !== this.#stack.name)
      throw new AwsError(400, 'ValidationError', `Stack with id ${StackName} does not exist`);
    return { operation: 'DescribeStacks', result: [['Stacks', [['member', this.#describe()]]]] };
  }

  #describe(): XmlElement[] {
    const { name } = this.#stack;
    const outputs = Object.entries(this.#stack.outputs()).map(
      ([key, value]): XmlElement => [
        'member',
        [
          ['OutputKey', key],
          ['OutputValue', value],
        ],
      ],
    );
    return [
      ['StackId', `arn:aws:cloudformation:${REGION}:${ACCOUNT_ID}:stack/${name}/local`],
      ['StackName', name],
      ['CreationTime', this.#startedAt.toISOString()],
      ['StackStatus', 'CREATE_COMPLETE'],
      ['Outputs', outputs],
    ];
  }
}
