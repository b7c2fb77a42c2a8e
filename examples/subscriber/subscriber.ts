import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { AssetHashType, DockerImage, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import type * as events from 'aws-cdk-lib/aws-events';
import * as targets from 'aws-cdk-lib/aws-events-targets';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { SqsDestination } from 'aws-cdk-lib/aws-lambda-destinations';
import * as logs from 'aws-cdk-lib/aws-logs';
import type * as s3 from 'aws-cdk-lib/aws-s3';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { buildSync } from 'esbuild';
import { RawAssetRule } from 'nexus-raw-storage';

export interface SubscriberProps {
  /** The storage whose files are counted: a `RawStorage` of this app, or bus and bucket of another app by their names. */
  readonly storage: {
    readonly bus: events.IEventBusRef;
    readonly bucket: Pick<s3.IBucket, 'arnForObjects'>;
  };
  /**
   * The tenants that it is told of, and whose files it may read.
   *
   * @default - all: whoever may change the function's code may read every tenant's files
   */
  readonly tenants?: readonly string[];
  /**
   * The function's source, which exports `handler`.
   *
   * @default - handler.ts beside this file
   */
  readonly entry?: string;
}

/** Counts the lines of each registered file. */
export class Subscriber extends Construct {
  /** The counts, by `event_id`. */
  readonly results: dynamodb.Table;
  /** Keeps events that the function failed on, and events that could not be handed to it. */
  readonly failures: sqs.Queue;

  constructor(scope: Construct, id: string, { storage, tenants, entry = HANDLER }: SubscriberProps) {
    super(scope, id);
    this.results = new dynamodb.Table(this, 'Results', {
      partitionKey: { name: 'event_id', type: dynamodb.AttributeType.STRING },
      billingMode: dynamodb.BillingMode.PAY_PER_REQUEST,
      timeToLiveAttribute: 'expires_at',
      // Lost counts are made again by a replay of the events.
      removalPolicy: RemovalPolicy.DESTROY,
    });
    this.failures = new sqs.Queue(this, 'Failures', {
      encryption: sqs.QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      retentionPeriod: Duration.days(14),
    });

    const logGroup = new logs.LogGroup(this, 'CountLinesLogs', {
      retention: logs.RetentionDays.ONE_MONTH,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    // The role that CDK would make may write to every log group of the account.
    const role = new iam.Role(this, 'CountLinesRole', {
      assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com'),
    });
    logGroup.grants.write(role);
    const countLines = new lambda.Function(this, 'CountLines', {
      role,
      logGroup,
      loggingFormat: lambda.LoggingFormat.JSON,
      runtime: lambda.Runtime.NODEJS_24_X,
      architecture: lambda.Architecture.ARM_64,
      memorySize: 512,
      timeout: Duration.minutes(5),
      code: bundle(entry),
      handler: 'index.handler',
      environment: { RESULTS_TABLE: this.results.tableName },
      // EventBridge has done its part once Lambda has the event: from there on it is Lambda that tries again.
      retryAttempts: 2,
      maxEventAge: Duration.hours(6),
      onFailure: new SqsDestination(this.failures),
    });
    this.results.grant(countLines, 'dynamodb:PutItem');
    iam.Grant.addToPrincipal({
      grantee: countLines,
      // The function reads the version that the event names. It needs neither a list nor later versions.
      actions: ['s3:GetObjectVersion'],
      resourceArns: (tenants ?? ['*']).map((tenant) => storage.bucket.arnForObjects(`tenants/${tenant}/*`)),
      // A bucket's ARN names no account.
      conditions: { StringEquals: { 'aws:ResourceAccount': Stack.of(this).account } },
    });

    new RawAssetRule(this, 'OnRegistered', {
      bus: storage.bus,
      eventType: 'raw_asset_registered',
      target: new targets.LambdaFunction(countLines),
      deadLetterQueue: this.failures,
      ...(tenants && { tenants }),
    });
  }
}

const HANDLER = fileURLToPath(new URL('handler.ts', import.meta.url));

/** The SDK is in the bundle: what runs is the version that was tested. */
function bundle(entry: string): lambda.Code {
  return lambda.Code.fromAsset(dirname(entry), {
    assetHashType: AssetHashType.OUTPUT,
    bundling: {
      // The image that the CDK would run if `local` did not bundle.
      image: DockerImage.fromRegistry('none'),
      // Tells the bundles of one directory apart.
      command: [entry],
      local: {
        tryBundle(outputDirectory) {
          buildSync({
            entryPoints: [entry],
            outfile: join(outputDirectory, 'index.js'),
            bundle: true,
            platform: 'node',
            target: 'node24',
            mainFields: ['module', 'main'],
          });
          return true;
        },
      },
    },
  });
}
