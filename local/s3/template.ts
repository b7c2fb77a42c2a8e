import type { StackTemplate } from '../template/template.ts';
import type { CorsRule } from './cors.ts';
import type { BucketDefinition } from './service.ts';

/** The stack's buckets. */
export function readBuckets(template: StackTemplate): BucketDefinition[] {
  return template.resources('AWS::S3::Bucket').map(({ name, properties }) => {
    const cors = properties['CorsConfiguration'] as { CorsRules: readonly CorsRule[] } | undefined;
    const versioned = properties['VersioningConfiguration'] !== undefined;
    return { name, versioned, corsRules: cors?.CorsRules ?? [] };
  });
}
