import type { ServicePlugin } from '../endpoint/plugin.ts';
import { STACK_NAME } from '../template/account.ts';
import { CloudFormation } from './service.ts';

export const CLOUDFORMATION_PLUGIN: ServicePlugin<CloudFormation> = {
  resources: {},
  open: ({ template }) => new CloudFormation({ name: STACK_NAME, outputs: template.outputs() }),
};
