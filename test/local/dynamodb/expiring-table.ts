import type { TableDefinition } from '../../../local/dynamodb/table.ts';
import { DEFINITION } from './table-definition.ts';

/** The table `things`, whose items expire at their `ttl`. */
export const EXPIRING: TableDefinition = { ...DEFINITION, timeToLiveAttribute: 'ttl' };

/** Epoch seconds. */
export const NOW = 1_700_000_000;
