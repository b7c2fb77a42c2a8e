export const FUNCTION_NAMES = [
  'authorizer',
  'presign-upload',
  'register',
  'get-asset',
  'publish-events',
] as const;
export type FunctionName = (typeof FUNCTION_NAMES)[number];
