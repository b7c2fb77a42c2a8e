/** An HTTP API as the stack's template describes it. */
export interface ApiDefinition {
  readonly routes: readonly RouteDefinition[];
  readonly cors?: CorsDefinition;
  /** How many requests the stage lets through. @default - any number */
  readonly throttling?: { readonly ratePerSecond: number; readonly burst: number };
}

export interface RouteDefinition {
  /** `METHOD /path/{parameter}`, `ANY /path`, or `$default`. */
  readonly routeKey: string;
  readonly functionName: string;
  /** How long the gateway waits for the function. */
  readonly timeoutMs: number;
  readonly authorizer?: AuthorizerDefinition;
}

export interface AuthorizerDefinition {
  readonly functionName: string;
  /** Selection expressions such as `$request.header.Authorization`. */
  readonly identitySource: readonly string[];
  /** How long a decision is cached; with 0 it is not. */
  readonly ttlSeconds: number;
}

/** https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-cors.html */
export interface CorsDefinition {
  readonly allowOrigins: readonly string[];
  readonly allowMethods: readonly string[];
  readonly allowHeaders: readonly string[];
  readonly exposeHeaders: readonly string[];
  readonly allowCredentials: boolean;
  readonly maxAgeSeconds?: number;
}
