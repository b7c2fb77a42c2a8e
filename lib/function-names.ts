import { API_FUNCTIONS } from '#contract/route';

export const FUNCTION_NAMES = ['authorizer', ...API_FUNCTIONS, 'publish-events', 'settle'] as const;
export type FunctionName = (typeof FUNCTION_NAMES)[number];
