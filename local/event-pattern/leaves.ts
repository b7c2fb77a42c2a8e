/** What a field of an event holds at its end. */
export type Scalar = string | number | boolean | null;

/** The elements that lead to a leaf: by array that it is in, the element's index. */
export type Place = ReadonlyMap<readonly unknown[], number>;

export interface Leaf {
  readonly value: Scalar;
  readonly place: Place;
}

/**
 * Finds the scalars at a path: none where there is nothing, an object or an empty array. An array on the way stands for
 * each of its elements.
 */
export function leavesAt(value: unknown, path: readonly string[], place: Place = new Map()): readonly Leaf[] {
  if (Array.isArray(value)) {
    return value.flatMap((element: unknown, index) => {
      const isScalar = typeof element !== 'object' || element === null;
      return leavesAt(element, path, isScalar ? place : new Map(place).set(value, index));
    });
  }
  const [name, ...rest] = path;
  if (typeof value === 'object' && value !== null) {
    if (name === undefined || !Object.hasOwn(value, name)) return [];
    return leavesAt((value as Record<string, unknown>)[name], rest, place);
  }
  return name === undefined && value !== undefined ? [{ value: value as Scalar, place }] : [];
}

/**
 * Both places as one. Leaves of one event match together only within the same element of each array that both are in.
 *
 * @returns undefined where they are in different elements of an array
 */
export function combined(a: Place, b: Place): Place | undefined {
  for (const [array, index] of b) if ((a.get(array) ?? index) !== index) return undefined;
  return new Map([...a, ...b]);
}
