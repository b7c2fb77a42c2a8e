import { UnsupportedTemplateError } from '../template/unsupported.ts';
import type { RequestContext } from './context.ts';

/** A policy holds what is not evaluated here; ignoring it would allow or refuse something else than AWS does. */
export class UnsupportedPolicyError extends UnsupportedTemplateError {
  override readonly name = 'UnsupportedPolicyError';

  constructor(what: string) {
    super(`Policies with ${what} are not evaluated locally`);
  }
}

/** The kind of element that a pattern is in: the kinds differ in which characters are wildcards, and in what these match. */
export type PatternKind = 'action' | 'arn' | 'like' | 'exact';

export interface PolicyPattern {
  matches(value: string, context: RequestContext): boolean;
}

const VARIABLE = /^aws:PrincipalTag\/[^'",${}]+$/i;
const TOKENS = /\$\{([^}]*)\}|[*?]|(?:(?!\$\{)[^*?])+|./gsu;
/** An ARN's last part may hold colons, and so may what a wildcard there matches. In any other part it matches no colon. */
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
      // An element with a variable that has no value in the request, or an empty one, matches nothing.
      if (sources.includes(undefined)) return false;
      return new RegExp(`^${sources.join('')}$`, kind === 'action' ? 'isu' : 'su').test(value);
    },
  };
}

interface Variable {
  readonly key: string;
}

/** Cuts a pattern into sources of regular expressions and the variables between them. */
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

/** The source of a regular expression for a variable's value, in which no character is a wildcard. */
function expand({ key }: Variable, context: RequestContext): string | undefined {
  const [value = ''] = context.get(key);
  return value === '' ? undefined : RegExp.escape(value);
}
