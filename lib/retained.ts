import { RemovalPolicy } from 'aws-cdk-lib';

/**
 * Stays when its stack goes, and when another takes its place; but a first deployment that fails leaves nothing behind, so
 * that it can be tried again. https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-attribute-deletionpolicy.html
 */
export const RETAINED = RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE;
