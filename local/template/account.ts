/** The account, the Region and the stack that everything local is in. */
export const ACCOUNT_ID = '000000000000';
export const REGION = 'us-east-1';
export const STACK_NAME = 'NexusRawStorage';
