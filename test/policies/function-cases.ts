import { FUNCTION_NAMES, type FunctionName } from '../../lib/function-names.ts';
import type { Context } from './simulate.ts';
import { type Case, policiesOf, type World } from './world.ts';

type Asked = readonly [action: string, resource: string, context?: Context];

/**
 * Every role, with every action that any role holds and many that none may, on everything there is; asked in the way
 * that a policy with conditions would let pass the soonest.
 */
export function functionCases(world: World): Case[] {
  const asked = everythingAsked(world);
  const roles = [...Object.values(world.functionRoles), world.tenantRole, world.purgeRole];
  const granted = new Set(Object.entries(grantsOf(world)).flatMap(([role, list]) => list.map(key(role))));
  const cases = roles.flatMap((role) =>
    asked.map(([action, resource, context = {}]) => ({
      request: {
        principal: world.arnOf(role),
        action,
        resource,
        context: { 'aws:PrincipalTag/tenant_id': 't_a', 'aws:SecureTransport': 'true', ...context },
      },
      allowed: granted.has(key(role)([action, resource])),
      inForce: policiesOf(role, resource),
    })),
  );
  return [...cases, ...failuresElsewhere(world)];
}

/** A failure bucket of the same name that another account has made, once this one was gone. */
function failuresElsewhere({ failures, settleFailures, functionRoles, arnOf }: World): Case[] {
  return [
    [functionRoles['publish-events'], 's3:PutObject', `${failures}/${OWN_KEY}`],
    [functionRoles['publish-events'], 's3:ListBucket', failures],
    [functionRoles.settle, 's3:PutObject', `${settleFailures}/${OWN_KEY}`],
    [functionRoles.settle, 's3:ListBucket', settleFailures],
  ].map(([role = '', action = '', resource = '']) => ({
    request: {
      principal: arnOf(role),
      action,
      resource,
      context: { 'aws:SecureTransport': 'true', 'aws:ResourceAccount': '999988887777' },
    },
    allowed: false,
    inForce: policiesOf(role, resource),
  }));
}

const key =
  (role: string) =>
  ([action, resource]: Asked) =>
    `${role} ${action} ${resource}`;

const STREAM = ['DescribeStream', 'GetRecords', 'GetShardIterator'];
const CONSUME = [
  'ReceiveMessage',
  'ChangeMessageVisibility',
  'GetQueueUrl',
  'DeleteMessage',
  'GetQueueAttributes',
];
const ASSUME = ['sts:AssumeRole', 'sts:TagSession'];

/** What each role may do, whole. */
function grantsOf(world: World): Record<string, readonly Asked[]> {
  const { bucket, failures, table, stream, queue, bus, tenantRole, functionRoles, logGroups } = world;
  const { settleFailures, settleQueue, purgeRole } = world;
  const logs = (name: FunctionName): Asked[] =>
    ['logs:CreateLogStream', 'logs:PutLogEvents'].map((action) => [action, logStream(logGroups[name])]);
  const readsStream = (givenUp: string): Asked[] => [
    ['s3:PutObject', `${givenUp}/${OWN_KEY}`],
    ['s3:ListBucket', givenUp],
    ['dynamodb:ListStreams', '*'],
    ...STREAM.map((action): Asked => [`dynamodb:${action}`, stream]),
  ];
  const assume = ASSUME.map((action): Asked => [action, world.arnOf(tenantRole)]);
  return {
    [functionRoles.authorizer]: logs('authorizer'),
    [functionRoles['presign-upload']]: [...logs('presign-upload'), ...assume],
    [functionRoles.register]: [...logs('register'), ...assume],
    [functionRoles.assets]: [...logs('assets'), ...assume],
    [functionRoles['publish-events']]: [
      ...logs('publish-events'),
      ['sqs:SendMessage', queue],
      ['events:PutEvents', bus],
      ...readsStream(failures),
    ],
    [functionRoles.settle]: [
      ...logs('settle'),
      ...assume,
      ...ASSUME.map((action): Asked => [action, world.arnOf(purgeRole)]),
      ...CONSUME.map((action): Asked => [`sqs:${action}`, settleQueue]),
      ...readsStream(settleFailures),
    ],
    [purgeRole]: [
      ['s3:DeleteObjectVersion', `${bucket}/${OWN_KEY}`],
      ['s3:ListBucketVersions', bucket],
    ],
    [tenantRole]: [
      ...['s3:PutObject', 's3:GetObject', 's3:GetObjectVersion'].map(
        (action): Asked => [action, `${bucket}/${OWN_KEY}`],
      ),
      ['s3:ListBucketVersions', bucket],
      ...['GetItem', 'BatchGetItem', 'PutItem', 'UpdateItem'].map(
        (action): Asked => [`dynamodb:${action}`, table],
      ),
      ['dynamodb:Query', `${table}/index/list`],
    ],
  };
}

const OWN_KEY = 'tenants/t_a/f';
const logStream = (group: string) => `${group}:log-stream:any`;

function everythingAsked(world: World): Asked[] {
  const { bucket, failures, table, stream, queue, bus, tenantRole, functionRoles, logGroups } = world;
  const { settleFailures, settleQueue, settleDeadLetters, purgeRole } = world;
  const s3 = { 's3:signatureAge': '1' };
  const listed = { ...s3, 's3:prefix': 'tenants/t_a/' };
  const keyed = { 'dynamodb:LeadingKeys': ['t_a#dev#1'] };
  const on = (service: string, actions: string, resource: string, context?: Context): Asked[] =>
    actions.split(' ').map((action) => [`${service}:${action}`, resource, context ?? {}]);
  return [
    ...[bucket, failures, settleFailures].flatMap((any) => [
      ...on('s3', OBJECT_ACTIONS, `${any}/${OWN_KEY}`, s3),
      ...on('s3', 'ListBucket ListBucketVersions', any, listed),
      ...on('s3', BUCKET_ACTIONS, any, s3),
    ]),
    ...on('s3', 'ListAllMyBuckets', '*'),
    ...on('dynamodb', KEYED_ACTIONS, table, keyed),
    ...on('dynamodb', TABLE_ACTIONS, table),
    ...['any', 'list'].flatMap((index) => [
      ...on('dynamodb', 'Query PartiQLSelect', `${table}/index/${index}`, keyed),
      ...on('dynamodb', 'Scan', `${table}/index/${index}`),
    ]),
    ...on('dynamodb', STREAM.join(' '), stream),
    ...on('dynamodb', 'ListStreams ListTables', '*'),
    ...[queue, settleQueue, settleDeadLetters].flatMap((any) =>
      on('sqs', `SendMessage PurgeQueue SetQueueAttributes ${CONSUME.join(' ')}`, any),
    ),
    ...on('events', 'PutEvents DeleteEventBus', bus),
    ...[tenantRole, purgeRole, ...Object.values(functionRoles)].flatMap((role) =>
      on('sts', 'AssumeRole TagSession', world.arnOf(role)),
    ),
    ...[tenantRole, purgeRole].flatMap((role) =>
      on('iam', 'PassRole PutRolePolicy UpdateAssumeRolePolicy TagRole', world.arnOf(role)),
    ),
    ...FUNCTION_NAMES.flatMap((name) =>
      on('logs', 'CreateLogStream PutLogEvents GetLogEvents', logStream(logGroups[name])),
    ),
  ];
}

const OBJECT_ACTIONS =
  'PutObject GetObject GetObjectVersion DeleteObject DeleteObjectVersion GetObjectAcl PutObjectAcl ' +
  'GetObjectTagging PutObjectTagging PutObjectRetention BypassGovernanceRetention RestoreObject ' +
  'AbortMultipartUpload ListMultipartUploadParts';
const BUCKET_ACTIONS =
  'ListBucketMultipartUploads GetBucketPolicy PutBucketPolicy DeleteBucketPolicy DeleteBucket PutBucketAcl ' +
  'PutBucketPublicAccessBlock PutBucketVersioning PutLifecycleConfiguration PutReplicationConfiguration ' +
  'PutEncryptionConfiguration PutBucketCORS PutBucketNotification';
const KEYED_ACTIONS =
  'GetItem PutItem UpdateItem DeleteItem Query BatchGetItem BatchWriteItem ConditionCheckItem ' +
  'PartiQLSelect PartiQLInsert PartiQLUpdate PartiQLDelete';
const TABLE_ACTIONS =
  'Scan DescribeTable UpdateTable DeleteTable UpdateTimeToLive UpdateContinuousBackups ' +
  'ExportTableToPointInTime CreateBackup PutResourcePolicy';
