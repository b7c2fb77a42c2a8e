import type { Principals } from '../iam/principals.ts';
import type { ResourceTypes } from '../template/resource-types.ts';
import type { StackTemplate } from '../template/template.ts';
import type { AwsService } from './aws-endpoint.ts';

/** What a service is opened with. */
export interface ServiceContext {
  /** The cloud's directory, in which each service keeps its state under a name of its own. */
  readonly dir: string;
  readonly template: StackTemplate;
  readonly iam: Principals;
  /** The time that the cloud goes by. */
  readonly now: () => Date;
}

/** A service of the local cloud: how its resources appear in a template, and how it is opened for one. */
export interface ServicePlugin<TService extends AwsService = AwsService> {
  readonly resources: ResourceTypes;
  /** @throws UnsupportedTemplateError for a resource that asks for what is not run locally */
  open(context: ServiceContext): TService | Promise<TService>;
}

export type OpenedServices<TPlugins extends Readonly<Record<string, ServicePlugin>>> = {
  readonly [TName in keyof TPlugins]: Awaited<ReturnType<TPlugins[TName]['open']>>;
};

/** Opens each service, by its plugin's name; `opened` closes them. */
export async function openServices<const TPlugins extends Readonly<Record<string, ServicePlugin>>>(
  plugins: TPlugins,
  context: ServiceContext,
  opened: AsyncDisposableStack,
): Promise<OpenedServices<TPlugins>> {
  const services: Record<string, AwsService> = {};
  for (const [name, plugin] of Object.entries(plugins)) {
    const service = await plugin.open(context);
    opened.defer(() => service.close?.());
    services[name] = service;
  }
  return services as OpenedServices<TPlugins>;
}
