import { readFileSync } from 'node:fs';
import { App } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import type { FunctionName } from '../../lib/function-names.ts';
import type { RawStorageProps } from '../../lib/raw-storage.ts';
import { RawStorageStack } from '../../lib/raw-storage-stack.ts';
import { temporaryDirectory } from './temporary.ts';

export const { context } = JSON.parse(readFileSync(new URL('../../cdk.json', import.meta.url), 'utf8'));

/** The stack's template, with an issuer and an audience where `props` has none. */
export function synth(props: Partial<RawStorageProps> = {}): Template {
  return withStack(props, (app, stack) =>
    Template.fromJSON(app.synth().getStackArtifact(stack.artifactId).template),
  );
}

/** What `use` makes of the stack before it is synthesized. */
export function withStack<T>(
  props: Partial<RawStorageProps>,
  use: (app: App, stack: RawStorageStack) => T,
): T {
  const outdir = temporaryDirectory();
  const app = new App({
    outdir,
    analyticsReporting: false,
    // Takes seconds, and is `cdk synth`'s to do.
    builtinCloudFormationValidation: false,
    context,
  });
  const stack = new RawStorageStack(app, 'NexusRawStorage', {
    service: { issuer: 'https://issuer.example', audience: 'nexus', ...props },
  });
  return use(app, stack);
}

export interface Resource {
  readonly logicalId: string;
  // biome-ignore lint/suspicious/noExplicitAny: as loose as the template that it is a part of
  readonly properties: any;
}

/** The only resource of a type whose logical id begins as given. */
export function resource(template: Template, type: string, prefix = ''): Resource {
  const found = Object.entries(template.findResources(type)).filter(([id]) => id.startsWith(prefix));
  const [[logicalId, { Properties: properties }] = ['', {}], ...others] = found;
  if (logicalId === '' || others.length > 0) throw new Error(`${found.length} of ${type} ${prefix}`);
  return { logicalId, properties };
}

/** What the logical ids of a function and of what comes with it begin with. */
export const LOGICAL_ID_PREFIXES: Readonly<Record<FunctionName, string>> = {
  authorizer: 'Authorizer',
  'presign-upload': 'PresignUpload',
  register: 'Register',
  assets: 'Assets',
  'publish-events': 'PublisherPublishEvents',
  settle: 'SettlementSettle',
};

export function functionNamed(template: Template, name: FunctionName): Resource {
  return resource(template, 'AWS::Lambda::Function', LOGICAL_ID_PREFIXES[name]);
}

/** All that a function's role allows, a statement's actions as a list. */
export function permissionsOf(template: Template, name: FunctionName): unknown[] {
  const [role] = functionNamed(template, name).properties.Role['Fn::GetAtt'];
  const policies = template.findResources('AWS::IAM::Policy', {
    Properties: { Roles: Match.arrayWith([{ Ref: role }]) },
  });
  return Object.values(policies)
    .flatMap(({ Properties }) => Properties.PolicyDocument.Statement)
    .map(({ Effect, Action, ...statement }) => {
      if (Effect !== 'Allow') throw new Error(`${name}: a statement that does not allow`);
      return { ...statement, Action: [Action].flat() };
    });
}

/** `Fn::GetAtt` of a resource's ARN, and what lies under it. */
export const arn = ({ logicalId }: Resource) => ({ 'Fn::GetAtt': [logicalId, 'Arn'] });
export const arnUnder = (resource: Resource, path: string) => ({ 'Fn::Join': ['', [arn(resource), path]] });
