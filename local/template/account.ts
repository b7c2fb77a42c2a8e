/** The account, the Region and the stack that everything local is in. */
export const ACCOUNT_ID = '000000000000';
export const REGION = 'us-east-1';
/** As `bin/` names the stack of the default env. */
export const STACK_NAME = 'NexusRawStorage-dev';
/** The role of people and tests: no function has its keys. */
export const ADMINISTRATOR_ARN = `arn:aws:iam::${ACCOUNT_ID}:role/administrator`;
