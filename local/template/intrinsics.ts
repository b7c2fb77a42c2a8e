import { UnsupportedTemplateError } from './unsupported.ts';

/** Local values of a stack's resources: `Fn::GetAtt` by the attribute's name, `Ref` by the attribute `Ref`. */
export type ResourceValues = (logicalId: string, attribute: string) => string | undefined;

type TemplatePart = unknown;

/** An intrinsic function of the template that has no local value. */
export class UnresolvedIntrinsicError extends UnsupportedTemplateError {
  override readonly name = 'UnresolvedIntrinsicError';

  constructor(intrinsic: string) {
    super(`The template's ${intrinsic} has no local value`);
  }
}

/**
 * Replaces `Ref`, `Fn::GetAtt`, `Fn::Join` and `Fn::Sub` in a part of a template by local values, at any depth.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference.html
 *
 * @throws UnresolvedIntrinsicError for any other intrinsic function, and for a resource without such a value.
 */
export function resolveIntrinsics(part: TemplatePart, values: ResourceValues): TemplatePart {
  const lookUp = (logicalId: string, attribute: string): string => {
    const value = values(logicalId, attribute);
    if (value === undefined) {
      throw new UnresolvedIntrinsicError(
        attribute === 'Ref' ? `Ref ${logicalId}` : `Fn::GetAtt ${logicalId}.${attribute}`,
      );
    }
    return value;
  };

  const resolve = (node: TemplatePart): TemplatePart => {
    if (Array.isArray(node)) return node.map(resolve);
    if (typeof node !== 'object' || node === null) return node;
    const [entry, ...others] = Object.entries(node);
    if (entry === undefined || others.length > 0 || !isIntrinsic(entry[0])) {
      return Object.fromEntries(Object.entries(node).map(([key, value]) => [key, resolve(value)]));
    }
    return apply(...entry);
  };

  const apply = (name: string, argument: TemplatePart): string => {
    switch (name) {
      case 'Ref':
        return lookUp(String(argument), 'Ref');
      case 'Fn::GetAtt': {
        const [logicalId = '', attribute = ''] = Array.isArray(argument)
          ? argument.map(String)
          : splitOnce(String(argument));
        return lookUp(logicalId, attribute);
      }
      case 'Fn::Join': {
        const [separator, parts] = argument as [string, TemplatePart[]];
        return parts.map((part) => String(resolve(part))).join(separator);
      }
      case 'Fn::Sub': {
        const [text, own] = (Array.isArray(argument) ? argument : [argument, {}]) as [
          string,
          Record<string, TemplatePart>,
        ];
        return text.replaceAll(/\$\{(!?)([^}]+)\}/g, (_, literal: string, name: string) => {
          if (literal) return `\${${name}}`;
          return Object.hasOwn(own, name) ? String(resolve(own[name])) : lookUp(...splitOnce(name));
        });
      }
      default:
        throw new UnresolvedIntrinsicError(name);
    }
  };

  return resolve(part);
}

const isIntrinsic = (key: string) => key === 'Ref' || key.startsWith('Fn::');

function splitOnce(reference: string): [string, string] {
  const dot = reference.indexOf('.');
  return dot < 0 ? [reference, 'Ref'] : [reference.slice(0, dot), reference.slice(dot + 1)];
}
