/** The one account, Region and stack of everything local. */
export const ACCOUNT_ID = '000000000000';
export const REGION = 'us-east-1';
export const STACK_NAME = 'NexusRawStorage';
