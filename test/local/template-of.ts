import type { RawStorageProps } from '../../lib/raw-storage.ts';
import { RESOURCE_TYPES } from '../../local/cloud.ts';
import { synthesize } from '../../local/template/synth.ts';
import { StackTemplate, type TemplateJson } from '../../local/template/template.ts';

const options = { types: RESOURCE_TYPES, endpoints: { aws: 'http://127.0.0.1:4001' } };

/** A template of these resources, as the local cloud would read it. */
export function templateOf(Resources: object): StackTemplate {
  return new StackTemplate({ Resources } as TemplateJson, { ...options, assembly: '/assembly' });
}

/** The template of the stack that deploys; with `api`, as where its API runs at that URL. */
export function stackTemplate(
  outdir: string,
  settings: Partial<RawStorageProps> = {},
  api?: string,
): StackTemplate {
  return synthesize({
    ...options,
    endpoints: { ...options.endpoints, ...(api !== undefined && { api }) },
    settings: { issuer: 'https://issuer.example', audience: 'nexus', ...settings },
    outdir,
  });
}
