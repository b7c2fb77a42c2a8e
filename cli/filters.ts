import type { ListOptions } from '../client/index.ts';
import type { Invocation } from './command.ts';

/** Options that say which assets are meant. */
export const FILTERS = {
  'content-type': { type: 'string' },
  from: { type: 'string' },
  to: { type: 'string' },
} as const;

/** The service checks what they say. */
export function filtersOf(values: Invocation['values']): ListOptions {
  const text = (name: string) => (typeof values[name] === 'string' ? values[name] : undefined);
  const [contentType, createdFrom, createdTo] = [text('content-type'), text('from'), text('to')];
  return {
    ...(contentType !== undefined && { contentType }),
    ...(createdFrom !== undefined && { createdFrom }),
    ...(createdTo !== undefined && { createdTo }),
  };
}
