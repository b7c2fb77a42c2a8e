import { Duration, Tokenization } from 'aws-cdk-lib';
import type * as apigw from 'aws-cdk-lib/aws-apigatewayv2';
import type { HttpLambdaAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2-authorizers';
import { Construct } from 'constructs';
import { ENV } from '#core/env';
import { type AlarmSettings, Alarms } from './alarms.ts';
import { Api, type ApiProps } from './api.ts';
import { AssetTable } from './asset-table.ts';
import { Authorizer } from './authorizer.ts';
import { EventBus, type EventBusProps } from './event-bus.ts';
import type { FunctionOptions } from './function-options.ts';
import { checkIdentity, checkNoIdentity, type IdentitySettings } from './identity-settings.ts';
import { Publisher } from './publisher.ts';
import { RawBucket, type RawBucketProps } from './raw-bucket.ts';
import { RawFunction } from './raw-function.ts';
import { SettingError } from './setting-error.ts';
import { type DeploymentSettings, validateSettings } from './settings.ts';
import { Settle } from './settle.ts';
import type { StoreOptions } from './store-options.ts';
import { TenantRole } from './tenant-role.ts';

export interface RawStorageProps
  extends DeploymentSettings,
    Partial<IdentitySettings>,
    AlarmSettings,
    FunctionOptions,
    Pick<StoreOptions, 'removalPolicy'>,
    Pick<EventBusProps, 'eventBus' | 'archiveRetention'>,
    Pick<ApiProps, 'httpApi' | 'throttle' | 'pathPrefix'>,
    Pick<RawBucketProps, 'versionDeleters'> {
  /**
   * A Lambda authorizer of your own, with simple responses and the context `{tenant_id, env, user_id, scopes}`; `issuer`,
   * `audience` and the other settings of tokens are left out then. It decides whose files a request reaches.
   *
   * @default - one that verifies the tokens of `issuer`
   */
  readonly authorizer?: HttpLambdaAuthorizer;
}

/** A number as a function's environment holds it, also one that only a deployment knows. */
const text = (value: number) => Tokenization.stringifyNumber(value);

/** The whole service, on an HTTP API of its own or mounted on one that is there. */
export class RawStorage extends Construct {
  /** The API that the routes are on. */
  readonly httpApi: apigw.IHttpApi | apigw.HttpApi;
  readonly bucket: RawBucket;
  readonly table: AssetTable;
  /** Subscribers make their rules on it. */
  readonly bus: EventBus;
  readonly publisher: Publisher;
  /** Registers uploads that register themselves, and removes what can never be recorded. */
  readonly settle: Settle;
  /** The alarms on what clients feel, on the issuer and on the way of events from the table to the bus. `watch` adds one for a subscription. */
  readonly alarms: Alarms;

  /** @throws SettingError for a setting that cannot be */
  constructor(scope: Construct, id: string, props: RawStorageProps) {
    if (props.authorizer) checkNoIdentity(props);
    else checkIdentity(props);
    validateSettings(props);
    if (props.httpApi && props.throttle)
      throw new SettingError('Invalid throttle: an API that is given has stages, and limits, of its own');
    if (props.eventBus && props.redrivers)
      throw new SettingError(
        'Invalid redrivers: who may put events on a bus that is given is for its own policy to say',
      );
    super(scope, id);
    const { env = 'dev', allowedOrigins = [], httpApi, throttle } = props;
    const maxUploadBytes = text(props.maxUploadBytes ?? 5 * 1024 ** 3);
    const maxHashBytes = text(props.maxHashBytes ?? 256 * 1024 ** 2);

    this.bucket = new RawBucket(this, 'RawBucket', {
      ...props,
      allowedOrigins,
    });
    this.table = new AssetTable(this, 'AssetTable', {
      ...props,
      deletionProtection: props.deletionProtection ?? env === 'prod',
    });
    this.bus = new EventBus(this, 'EventBus', props);
    this.publisher = new Publisher(this, 'Publisher', {
      table: this.table,
      bus: this.bus,
      parallelization: props.publisherParallelization,
      options: props,
    });
    if (!props.eventBus) this.bus.reserveSource([this.publisher.roleArn, ...(props.redrivers ?? [])]);

    const authorizer =
      props.authorizer ??
      new Authorizer(this, 'Authorizer', { ...checkIdentity(props), env, options: props });
    const limits = {
      [ENV.maxUploadBytes]: maxUploadBytes,
      [ENV.maxHashBytes]: maxHashBytes,
      [ENV.uploadExpirySeconds]: text(props.uploadExpirySeconds ?? 900),
    };
    const presignUpload = new RawFunction(this, 'PresignUpload', {
      handler: 'presign-upload',
      options: props,
      memorySize: 512,
      timeout: Duration.seconds(10),
      environment: limits,
    });
    // It may read a whole file to hash it, and must answer before the gateway gives up at 30 seconds.
    const register = new RawFunction(this, 'Register', {
      handler: 'register',
      options: props,
      memorySize: 1024,
      timeout: Duration.seconds(25),
      environment: { [ENV.maxHashBytes]: maxHashBytes },
    });
    const assets = new RawFunction(this, 'Assets', {
      handler: 'assets',
      options: props,
      memorySize: 512,
      timeout: Duration.seconds(10),
      environment: { ...limits, [ENV.deleteRetentionDays]: text(props.deleteRetentionDays ?? 30) },
    });

    this.settle = new Settle(this, 'Settlement', {
      bucket: this.bucket,
      table: this.table,
      maxHashBytes,
      options: props,
    });
    const settle = this.settle.fn;

    const tenants = new TenantRole(this, 'TenantRole', {
      functions: [presignUpload, register, assets, settle],
    });
    this.bucket.grantTenantUpload(tenants, presignUpload);
    this.bucket.grantTenantRead(tenants, register);
    this.table.grantTenantWrite(tenants, presignUpload);
    this.table.grantTenantWrite(tenants, register);
    this.table.grantTenantRead(tenants, register);
    this.table.grantTenantRead(tenants, assets);
    this.table.grantTenantWrite(tenants, assets);
    this.table.grantTenantList(tenants);
    this.bucket.grantTenantDownload(tenants);
    this.bucket.grantTenantRead(tenants, settle);
    this.table.grantTenantRead(tenants, settle);
    this.table.grantTenantWrite(tenants, settle);
    const purger = new TenantRole(this, 'PurgeRole', { functions: [settle], variable: ENV.purgeRoleArn });
    this.bucket.grantTenantPurge(purger, settle);

    const functions = { 'presign-upload': presignUpload, register, assets };
    this.httpApi = new Api(this, 'Api', {
      authorizer,
      functions,
      allowedOrigins,
      ...(httpApi && { httpApi }),
      ...(throttle && { throttle }),
      pathPrefix: props.pathPrefix,
      options: props,
    }).httpApi;

    this.alarms = new Alarms(this, 'Alarms', {
      ...props,
      publisher: this.publisher,
      settle: this.settle,
      authorizer: authorizer instanceof Authorizer ? authorizer : undefined,
      functions,
      ownApi: httpApi === undefined ? this.httpApi : undefined,
      table: this.table,
      tenants,
    });
  }
}
