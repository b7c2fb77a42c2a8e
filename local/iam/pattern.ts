import { UnsupportedTemplateError } from '../template/unsupported.ts';
import type { RequestContext } from './context.ts';

/** A policy holds what is not evaluated here; ignoring it would allow or refuse something else than AWS does. */
export class UnsupportedPolicyError extends UnsupportedTemplateError {
  override readonly name = 'UnsupportedPolicyError';

  constructor(what: string) {
    super(`Policies with ${what} are not evaluated locally`);
  }
}

/** The elements in which a pattern may be; they differ in what is a wildcard and what it covers. */
export type PatternKind = 'action' | 'arn' | 'like' | 'exact';

export interface PolicyPattern {
  matches(value: string, context: RequestContext): boolean;
}

const VARIABLE = /^aws:PrincipalTag\/[^'",${}]+$/i;
const TOKENS = /\$\{([^}]*)\}|[*?]|(?:(?!\$\{)[^*?])+|./gsu;
/** The last part of an ARN takes colons as they come; a wildcard in another does not reach beyond it. */
const ARN_PARTS = 6;

/**
 * Reads one value of a policy.
 *
 * @param variables whether the policy's version has variables: without them `${…}` is text
 * @throws UnsupportedPolicyError for a variable that is not a tag of the principal
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
 */
export function readPolicyPattern(text: string, kind: PatternKind, variables: boolean): PolicyPattern {
  const pieces = readPieces(text, kind, variables);
  return {
    matches(value, context) {
      const sources = pieces.map((piece) => (typeof piece === 'string' ? piece : expand(piece, context)));
      // A variable that the request has no value for, be it empty, makes its element match nothing.
      if (sources.includes(undefined)) return false;
      return new RegExp(`^${sources.join('')}$`, kind === 'action' ? 'isu' : 'su').test(value);
    },
  };
}

interface Variable {
  readonly key: string;
}

/** Regular expressions, and the variables between them. */
function readPieces(text: string, kind: PatternKind, variables: boolean): readonly (string | Variable)[] {
  let colons = 0;
  const wildcard = (token: string) => {
    if (kind === 'exact') return RegExp.escape(token);
    const any = kind === 'arn' && text !== '*' && colons < ARN_PARTS - 1 ? '[^:]' : '.';
    return token === '*' ? `${any}*` : any;
  };
  const read = (token: string): string | Variable => {
    if (token === '*' || token === '?') return wildcard(token);
    colons += token.split(':').length - 1;
    return RegExp.escape(token);
  };
  return [...text.matchAll(TOKENS)].flatMap(([token, name]) => {
    if (name === undefined) return read(token);
    if (!variables) return (token.match(/[*?]|[^*?]+/gsu) ?? []).map(read);
    return readVariable(name);
  });
}

function readVariable(name: string): string | Variable {
  if (name === '*' || name === '?' || name === '$') return RegExp.escape(name);
  if (!VARIABLE.test(name)) throw new UnsupportedPolicyError(`the variable \${${name}}`);
  return { key: name };
}

/** Its value is text, whatever it holds. */
function expand({ key }: Variable, context: RequestContext): string | undefined {
  const [value = ''] = context.get(key);
  return value === '' ? undefined : RegExp.escape(value);
}
