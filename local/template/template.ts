import { join } from 'node:path';
import { resolveIntrinsics, UnresolvedIntrinsicError } from './intrinsics.ts';
import { type Attributes, type Endpoints, pseudoParameter, type ResourceTypes } from './resource-types.ts';
import { UnsupportedTemplateError } from './unsupported.ts';

export interface TemplateJson {
  readonly Resources: Readonly<Record<string, ResourceJson>>;
  readonly Outputs?: Readonly<Record<string, { readonly Value: unknown }>>;
}

interface ResourceJson {
  readonly Type: string;
  readonly Properties?: Readonly<Record<string, unknown>>;
  readonly Metadata?: Readonly<Record<string, unknown>>;
}

/** A resource of the template. Its properties may hold intrinsics: `resolve` gives their local values. */
export interface Resource {
  readonly logicalId: string;
  readonly type: string;
  /** The local name, after the construct's: `AssetTable` is `asset-table`. No other of its type has it. */
  readonly name: string;
  readonly properties: Readonly<Record<string, unknown>>;
  /** Where a function's bundle is. */
  readonly asset: string | undefined;
}

export interface TemplateOptions {
  /** The directory of the template's assets. */
  readonly assembly: string;
  /** The types whose resources have local values. */
  readonly types: ResourceTypes;
  readonly endpoints: Endpoints;
}

/** A synthesized stack's template, with local names in place of those that CloudFormation would give. */
export class StackTemplate {
  readonly #json: TemplateJson;
  readonly #options: TemplateOptions;
  readonly #resources: ReadonlyMap<string, Resource>;

  constructor(json: TemplateJson, options: TemplateOptions) {
    this.#json = json;
    this.#options = options;
    const taken = new Set<string>();
    const resources = Object.entries(json.Resources).map(([logicalId, resource]) =>
      this.#read(logicalId, resource, taken),
    );
    this.#resources = new Map(resources.map((resource) => [resource.logicalId, resource]));
  }

  resources(...types: readonly string[]): readonly Resource[] {
    return [...this.#resources.values()].filter(({ type }) => types.includes(type));
  }

  /** The resource that a reference names: by `Ref` or an attribute, alone or as a part of a path. */
  referred(types: string | readonly string[], reference: unknown): Resource {
    const text = String(this.resolve(reference));
    const names = [text, ...text.split('/')];
    const found = this.resources(...[types].flat()).find((resource) => {
      return Object.values(this.#attributes(resource)).some(
        (value) => value !== undefined && names.includes(value),
      );
    });
    if (found === undefined)
      throw new UnsupportedTemplateError(`The template has no ${[types].flat().join(' or ')} ${text}`);
    return found;
  }

  output(name: string): string {
    const output = this.#json.Outputs?.[name];
    if (output === undefined) throw new UnsupportedTemplateError(`The template has no output ${name}`);
    return String(this.resolve(output.Value));
  }

  /** By name: those that have a local value. */
  outputs(): Record<string, string> {
    const names = Object.keys(this.#json.Outputs ?? {});
    return Object.fromEntries(
      names.flatMap((name) => {
        try {
          return [[name, this.output(name)]];
        } catch (error) {
          if (error instanceof UnresolvedIntrinsicError) return [];
          throw error;
        }
      }),
    );
  }

  /** @throws UnresolvedIntrinsicError where `part` rests on something that only an AWS account has. */
  resolve(part: unknown): unknown {
    return resolveIntrinsics(part, (logicalId, attribute) => {
      const resource = this.#resources.get(logicalId);
      return resource
        ? this.#attributes(resource)[attribute]
        : attribute === 'Ref'
          ? pseudoParameter(logicalId)
          : undefined;
    });
  }

  /** A resource of a type that is not run locally has no values. */
  #attributes(resource: Resource): Attributes {
    const { types, endpoints } = this.#options;
    return types[resource.type]?.(resource, endpoints) ?? {};
  }

  #read(logicalId: string, resource: ResourceJson, taken: Set<string>): Resource {
    const { Type: type, Properties: properties = {}, Metadata: metadata = {} } = resource;
    const path = String(metadata['aws:cdk:path'] ?? logicalId);
    const name = namesOf(path).find((name) => !taken.has(`${type} ${name}`)) ?? logicalId;
    taken.add(`${type} ${name}`);
    const asset = metadata['aws:asset:path'];
    return {
      logicalId,
      type,
      name,
      properties,
      asset: asset === undefined ? asset : join(this.#options.assembly, String(asset)),
    };
  }
}

/** The construct's own name; and with the constructs around it, for when another of the type has the name. */
function namesOf(path: string): string[] {
  const constructs = path
    .split('/')
    .filter((part) => part !== 'Resource' && part !== 'Default')
    .map((part) => part.replaceAll(/(?<=[a-z0-9])(?=[A-Z])/g, '-').toLowerCase());
  return [constructs.slice(-1), constructs.slice(1)].map((parts) => parts.join('-'));
}
