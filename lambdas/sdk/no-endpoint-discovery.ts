/**
 * Stands in for `@aws-sdk/middleware-endpoint-discovery` in the bundles: a function calls DynamoDB at its Region's
 * endpoint, which is what the SDK does too unless discovery is switched on.
 */
export const resolveEndpointDiscoveryConfig = <TConfig>(config: TConfig): TConfig => config;
export const NODE_ENDPOINT_DISCOVERY_CONFIG_OPTIONS = {
  environmentVariableSelector: () => false,
  configFileSelector: () => false,
  default: false,
};
