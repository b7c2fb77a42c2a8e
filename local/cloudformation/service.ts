import type { QueryParameters, QueryService } from '../endpoint/query-service.ts';
import type { ServiceOperation } from '../endpoint/service.ts';
import { AwsError } from '../http/aws-error.ts';
import type { XmlElement } from '../http/xml.ts';
import { ACCOUNT_ID, REGION } from '../template/account.ts';

export interface Stack {
  readonly name: string;
  /** By key. */
  readonly outputs: Readonly<Record<string, string>>;
}

/** CloudFormation, which tells of one stack. https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeStacks.html */
export class CloudFormation implements QueryService {
  readonly protocol = 'query';
  readonly version = '2010-05-15';
  readonly namespace = 'http://cloudformation.amazonaws.com/doc/2010-05-15/';
  readonly signingName = 'cloudformation';
  readonly denied = [403, 'AccessDenied'] as const;
  readonly unknownKey = [403, 'InvalidClientTokenId'] as const;
  readonly expiredToken = [403, 'ExpiredToken'] as const;
  readonly #stack: Stack;
  readonly #startedAt = new Date();

  readonly operations: Readonly<
    Record<'DescribeStacks', ServiceOperation<QueryParameters, readonly XmlElement[]>>
  > = {
    DescribeStacks: {
      access: ({ StackName, ...others }) => {
        const [surplus] = Object.keys(others);
        if (surplus !== undefined)
          throw new AwsError(400, 'ValidationError', `${surplus} is not implemented`);
        const resource = `arn:aws:cloudformation:${REGION}:${ACCOUNT_ID}:stack/${StackName ?? '*'}/*`;
        return [{ action: 'cloudformation:DescribeStacks', resource }];
      },
      handle: ({ StackName }) => {
        if (StackName !== undefined && StackName !== this.#stack.name)
          throw new AwsError(400, 'ValidationError', `Stack with id ${StackName} does not exist`);
        return [['Stacks', [['member', this.#describe()]]]];
      },
    },
  };

  constructor(stack: Stack) {
    this.#stack = stack;
  }

  close(): void {}

  #describe(): XmlElement[] {
    const { name, outputs } = this.#stack;
    const members = Object.entries(outputs).map(
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
      ['Outputs', members],
    ];
  }
}
