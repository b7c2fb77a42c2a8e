/**
 * Stands in for `@aws-sdk/middleware-endpoint-discovery` in the bundles: DynamoDB is called at its Region's own endpoint, and the
 * cache of endpoints that are looked up brings 2.5 KB of a zipped bundle.
 */
export const resolveEndpointDiscoveryConfig = <TConfig>(config: TConfig): TConfig => config;
export const NODE_ENDPOINT_DISCOVERY_CONFIG_OPTIONS = {
  environmentVariableSelector: () => undefined,
  configFileSelector: () => undefined,
  default: undefined,
};
