import { CfnOutput, Stack, type StackProps, Tags } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { RawStorage, type RawStorageProps } from './raw-storage.ts';

/** The properties of any stack, and the service's settings. */
export interface RawStorageStackProps extends StackProps {
  /** The service's settings. `service.env` is the tenants' environment; the stack's `env` is its account and Region. */
  readonly service: RawStorageProps;
}

/** The service by itself. */
export class RawStorageStack extends Stack {
  readonly storage: RawStorage;

  /** @throws SettingError for a setting that cannot be */
  constructor(scope: Construct, id: string, props: RawStorageStackProps) {
    const { service, ...stackProps } = props;
    super(scope, id, {
      description: 'Nexus Raw Storage: tenant-scoped storage for raw files',
      ...stackProps,
    });
    // Named so that the ids of its resources are those that the stack's own would have.
    this.storage = new RawStorage(this, 'Default', service);
    const { httpApi, bucket, table, bus, publisher, settle } = this.storage;
    new CfnOutput(this, 'ApiUrl', { value: httpApi.apiEndpoint });
    new CfnOutput(this, 'RawBucketName', { value: bucket.bucketName });
    new CfnOutput(this, 'AssetTableName', { value: table.tableName });
    new CfnOutput(this, 'EventBusName', { value: bus.eventBusName });
    new CfnOutput(this, 'FailureBucketName', { value: publisher.failureBucket.bucketName });
    new CfnOutput(this, 'PoisonQueueUrl', { value: publisher.poisonQueue.queueUrl });
    new CfnOutput(this, 'ArrivalQueueUrl', { value: settle.queue.queueUrl });
    Tags.of(this).add('project', 'nexus-raw-storage');
    Tags.of(this).add('env', service.env ?? 'dev');
  }
}
