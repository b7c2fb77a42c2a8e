import { API_FUNCTIONS } from '#contract/route';

export const FUNCTION_NAMES = ['authorizer', ...API_FUNCTIONS, 'publish-events'] as const;
export type FunctionName = (typeof FUNCTION_NAMES)[number];
