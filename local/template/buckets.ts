import type { CorsRule } from '../s3/cors.ts';
import type { StackTemplate } from '../template.ts';

/** The stack's versioned buckets: those that the service's objects are in. */
export function readBuckets(template: StackTemplate): { name: string; corsRules: readonly CorsRule[] }[] {
  return template
    .resources('AWS::S3::Bucket')
    .filter(({ properties }) => properties['VersioningConfiguration'] !== undefined)
    .map(({ name, properties }) => {
      const cors = properties['CorsConfiguration'] as { CorsRules: readonly CorsRule[] } | undefined;
      return { name, corsRules: cors?.CorsRules ?? [] };
    });
}
