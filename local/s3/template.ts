import type { StackTemplate } from '../template/template.ts';
import { UnsupportedTemplateError } from '../template/unsupported.ts';
import type { CorsRule } from './cors.ts';
import type { BucketDefinition } from './service.ts';

/** Reads the stack's buckets. @throws UnsupportedTemplateError for one that notifies others than EventBridge */
export function readBuckets(template: StackTemplate): BucketDefinition[] {
  return template.resources('AWS::S3::Bucket').map(({ name, properties }) => {
    const cors = properties['CorsConfiguration'] as { CorsRules: readonly CorsRule[] } | undefined;
    const versioned = properties['VersioningConfiguration'] !== undefined;
    const notifies = readNotifications(name, properties['NotificationConfiguration']);
    return { name, versioned, corsRules: cors?.CorsRules ?? [], ...(notifies && { notifies }) };
  });
}

/**
 * Whether EventBridge is told of the bucket's objects.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-s3-bucket-notificationconfiguration.html
 */
function readNotifications(bucket: string, configuration: unknown): boolean {
  const { EventBridgeConfiguration, ...others } = (configuration ?? {}) as {
    EventBridgeConfiguration?: { EventBridgeEnabled?: unknown };
  };
  const [other] = Object.keys(others);
  if (other !== undefined)
    throw new UnsupportedTemplateError(`${other} of the bucket ${bucket} is not run locally`);
  return EventBridgeConfiguration !== undefined && EventBridgeConfiguration.EventBridgeEnabled !== false;
}
