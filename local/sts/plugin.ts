import type { ServicePlugin } from '../endpoint/plugin.ts';
import { Sts } from './service.ts';

export const STS_PLUGIN: ServicePlugin<Sts> = {
  resources: {},
  open: ({ iam }) => new Sts(iam),
};
