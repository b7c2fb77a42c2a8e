import type { TemplateJson } from '../resolve.ts';

// biome-ignore lint/suspicious/noExplicitAny: as loose as the template that it is a part of
type Loose = any;

/** One mistake that somebody could make, made in a template. */
export type Mutations = Readonly<Record<string, (template: TemplateJson) => void>>;

/** The only resource of a type whose logical id begins as given. */
export function resourceOf(template: TemplateJson, type: string, prefix: string): [string, Loose] {
  const found = Object.entries(template.Resources).filter(
    ([logicalId, { Type }]) => Type === type && logicalId.startsWith(prefix),
  );
  const [[logicalId, { Properties }] = ['', { Properties: undefined }], ...others] = found;
  if (Properties === undefined || others.length > 0) throw new Error(`${found.length} of ${type} ${prefix}`);
  return [logicalId, Properties];
}

export function policyOf(template: TemplateJson, prefix: string): Loose {
  const type = prefix.endsWith('BucketPolicy') ? 'AWS::S3::BucketPolicy' : 'AWS::IAM::Policy';
  return resourceOf(template, type, prefix)[1].PolicyDocument;
}

/** The only statement of a document that has an action, to be changed in place. */
export function statementOf(document: Loose, action: string): Loose {
  const found = document.Statement.filter(({ Action }: Loose) => [Action].flat().includes(action));
  if (found.length !== 1) throw new Error(`${found.length} statements with ${action}`);
  return found[0];
}

/** Replaces text wherever it stands in a statement. */
export function rewrite(statement: Loose, from: string, to: string): void {
  const before = JSON.stringify(statement);
  const quoted = (text: string) => JSON.stringify(text).slice(1, -1);
  Object.assign(statement, JSON.parse(before.replaceAll(quoted(from), quoted(to))));
}

/** Gives a condition another operator. */
export function operator({ Condition }: Loose, from: string, to: string): void {
  Condition[to] = { ...Condition[to], ...Condition[from] };
  delete Condition[from];
}
