import type { CorsRule } from '../s3/cors.ts';
import type { Bucket } from '../s3/handler.ts';
import type { StackTemplate } from '../template.ts';

/** The stack's buckets. */
export function readBuckets(template: StackTemplate): Bucket[] {
  return template.resources('AWS::S3::Bucket').map(({ name, properties }) => {
    const cors = properties['CorsConfiguration'] as { CorsRules: readonly CorsRule[] } | undefined;
    const versioned = properties['VersioningConfiguration'] !== undefined;
    return { name, versioned, corsRules: cors?.CorsRules ?? [] };
  });
}
