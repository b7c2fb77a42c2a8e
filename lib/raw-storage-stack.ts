import { CfnOutput, Duration, Stack, Tags } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { ENV } from '#core/env';
import { Api, type ApiProps } from './api.ts';
import { AssetTable } from './asset-table.ts';
import { EventBus } from './event-bus.ts';
import { Publisher } from './publisher.ts';
import { RawBucket, type RawBucketProps } from './raw-bucket.ts';
import { RawFunction } from './raw-function.ts';
import { type Settings, validateSettings } from './settings.ts';
import { TenantRole } from './tenant-role.ts';

export interface RawStorageStackProps
  extends Settings,
    Pick<ApiProps, 'throttle'>,
    Pick<RawBucketProps, 'versionDeleters'> {}

/** The whole service. */
export class RawStorageStack extends Stack {
  /** Subscribers make their rules on it. */
  readonly bus: EventBus;

  /** @throws SettingError for a setting that cannot be */
  constructor(scope: Construct, id: string, props: RawStorageStackProps) {
    validateSettings(props);
    super(scope, id, { description: 'Nexus Raw Storage: tenant-scoped storage for raw files' });
    const { env = 'dev', allowedOrigins = [], throttle } = props;
    const maxUploadBytes = String(props.maxUploadBytes ?? 5 * 1024 ** 3);
    const maxHashBytes = String(props.maxHashBytes ?? 256 * 1024 ** 2);

    const bucket = new RawBucket(this, 'RawBucket', {
      allowedOrigins,
      ...(props.versionDeleters && { versionDeleters: props.versionDeleters }),
    });
    const table = new AssetTable(this, 'AssetTable', { deletionProtection: env === 'prod' });
    this.bus = new EventBus(this, 'EventBus');
    new Publisher(this, 'Publisher', { table, bus: this.bus });

    const authorizer = new RawFunction(this, 'authorizer', {
      memorySize: 256,
      timeout: Duration.seconds(10),
      environment: {
        [ENV.issuer]: props.issuer,
        [ENV.audience]: props.audience,
        [ENV.tenantClaim]: props.tenantClaim ?? 'tenant_id',
        [ENV.defaultEnv]: env,
        ...(props.scopePrefix && { [ENV.scopePrefix]: props.scopePrefix }),
        ...(props.jwksUri && { [ENV.jwksUri]: props.jwksUri }),
      },
    });
    const presignUpload = new RawFunction(this, 'presign-upload', {
      memorySize: 512,
      timeout: Duration.seconds(10),
      environment: {
        ...bucket.environment,
        ...table.environment,
        [ENV.maxUploadBytes]: maxUploadBytes,
        [ENV.maxHashBytes]: maxHashBytes,
        [ENV.uploadExpirySeconds]: String(props.uploadExpirySeconds ?? 900),
      },
    });
    // It may read a whole file to hash it, and must answer before the gateway gives up at 30 seconds.
    const register = new RawFunction(this, 'register', {
      memorySize: 1024,
      timeout: Duration.seconds(25),
      environment: { ...bucket.environment, ...table.environment, [ENV.maxHashBytes]: maxHashBytes },
    });

    const getAsset = new RawFunction(this, 'get-asset', {
      memorySize: 512,
      timeout: Duration.seconds(10),
      environment: table.environment,
    });

    const tenantRole = new TenantRole(this, 'TenantRole', { functions: [presignUpload, register, getAsset] });
    bucket.grantTenant(tenantRole);
    table.grantTenant(tenantRole);

    const api = new Api(this, 'Api', {
      authorizer,
      presignUpload,
      register,
      getAsset,
      allowedOrigins,
      ...(throttle && { throttle }),
    });

    new CfnOutput(this, 'ApiUrl', { value: api.url });
    new CfnOutput(this, 'RawBucketName', { value: bucket.bucketName });
    new CfnOutput(this, 'AssetTableName', { value: table.tableName });
    new CfnOutput(this, 'EventBusName', { value: this.bus.eventBusName });
    Tags.of(this).add('project', 'nexus-raw-storage');
    Tags.of(this).add('env', env);
  }
}
