import { Duration } from 'aws-cdk-lib';
import type * as apigw from 'aws-cdk-lib/aws-apigatewayv2';
import { Construct } from 'constructs';
import { EVENT_SOURCE } from '#contract/events';
import { ENV } from '#core/env';
import { type AlarmSettings, Alarms } from './alarms.ts';
import { Api, type ApiProps } from './api.ts';
import { AssetTable } from './asset-table.ts';
import { EventBus } from './event-bus.ts';
import { Publisher } from './publisher.ts';
import { RawBucket, type RawBucketProps } from './raw-bucket.ts';
import { RawFunction } from './raw-function.ts';
import { SettingError, type Settings, validateSettings } from './settings.ts';
import { TenantRole } from './tenant-role.ts';

export interface RawStorageProps
  extends Settings,
    AlarmSettings,
    Pick<ApiProps, 'httpApi' | 'throttle'>,
    Pick<RawBucketProps, 'versionDeleters'> {
  /**
   * How long the bus's archive keeps events for a replay.
   *
   * @default - 90 days
   */
  readonly archiveRetention?: Duration;
}

/** The whole service, on an HTTP API of its own or mounted on one that is there. */
export class RawStorage extends Construct {
  /** The API that the routes are on. */
  readonly httpApi: apigw.IHttpApi | apigw.HttpApi;
  readonly bucket: RawBucket;
  readonly table: AssetTable;
  /** Subscribers make their rules on it. */
  readonly bus: EventBus;
  readonly publisher: Publisher;
  /** Of the way of the events; it can watch subscriptions too. */
  readonly alarms: Alarms;

  /** @throws SettingError for a setting that cannot be */
  constructor(scope: Construct, id: string, props: RawStorageProps) {
    validateSettings(props);
    if (props.httpApi && props.throttle)
      throw new SettingError('Invalid throttle: an API that is given has stages, and limits, of its own');
    super(scope, id);
    const { env = 'dev', allowedOrigins = [], httpApi, throttle } = props;
    const maxUploadBytes = String(props.maxUploadBytes ?? 5 * 1024 ** 3);
    const maxHashBytes = String(props.maxHashBytes ?? 256 * 1024 ** 2);

    this.bucket = new RawBucket(this, 'RawBucket', {
      allowedOrigins,
      ...(props.versionDeleters && { versionDeleters: props.versionDeleters }),
    });
    this.table = new AssetTable(this, 'AssetTable', { deletionProtection: env === 'prod' });
    this.bus = new EventBus(this, 'EventBus');
    this.bus.archive('Archive', {
      description: 'Every event, to be sent again by a replay',
      eventPattern: { source: [EVENT_SOURCE] },
      retention: props.archiveRetention ?? Duration.days(90),
    });
    this.publisher = new Publisher(this, 'Publisher', { table: this.table, bus: this.bus });
    this.alarms = new Alarms(this, 'Alarms', { ...props, publisher: this.publisher });

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
        [ENV.rawBucket]: this.bucket.bucketName,
        ...this.table.environment,
        [ENV.maxUploadBytes]: maxUploadBytes,
        [ENV.maxHashBytes]: maxHashBytes,
        [ENV.uploadExpirySeconds]: String(props.uploadExpirySeconds ?? 900),
      },
    });
    // It may read a whole file to hash it, and must answer before the gateway gives up at 30 seconds.
    const register = new RawFunction(this, 'register', {
      memorySize: 1024,
      timeout: Duration.seconds(25),
      environment: {
        ...this.bucket.environment,
        ...this.table.environment,
        [ENV.maxHashBytes]: maxHashBytes,
      },
    });

    const assets = new RawFunction(this, 'assets', {
      memorySize: 512,
      timeout: Duration.seconds(10),
      environment: this.table.environment,
    });

    const tenantRole = new TenantRole(this, 'TenantRole', { functions: [presignUpload, register, assets] });
    this.bucket.grantTenant(tenantRole);
    this.table.grantTenant(tenantRole);

    this.httpApi = new Api(this, 'Api', {
      authorizer,
      functions: { 'presign-upload': presignUpload, register, assets },
      allowedOrigins,
      ...(httpApi && { httpApi }),
      ...(throttle && { throttle }),
    }).httpApi;
  }
}
