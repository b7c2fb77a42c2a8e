import { type CfnElement, type Resource, Stack } from 'aws-cdk-lib';

/** A resource's name in the template, which findings of cdk-nag are told apart by. */
export function logicalId(resource: Resource): string {
  return Stack.of(resource).getLogicalId(resource.node.defaultChild as CfnElement);
}
