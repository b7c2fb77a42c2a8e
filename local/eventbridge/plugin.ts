import { join } from 'node:path';
import type { ServicePlugin } from '../endpoint/plugin.ts';
import { localArn } from '../template/resource-types.ts';
import { DEFAULT_BUS } from './put-events.ts';
import { EventBridge } from './service.ts';
import { describeRules } from './template.ts';

export const EVENTBRIDGE_PLUGIN: ServicePlugin<EventBridge> = {
  resources: {
    'AWS::Events::EventBus': ({ name }) => ({ Ref: name, Arn: localArn('events', `event-bus/${name}`) }),
    'AWS::Events::Rule': ({ name }) => ({ Ref: name, Arn: localArn('events', `rule/${name}`) }),
  },
  open({ dir, template, now }) {
    const own = template.resources('AWS::Events::EventBus').map(({ name }) => name);
    return new EventBridge({
      dir: join(dir, 'events', 'buses'),
      names: [DEFAULT_BUS, ...own],
      rules: describeRules(template),
      now,
    });
  },
};
