import * as v from 'valibot';
import { isDeeperThan, isJsonObject, numberText } from '#contract/json';

const MAX_BYTES = 16 * 1024;
const MAX_DEPTH = 8;
const MAX_NUMBER_LENGTH = 40;
const MIN_INTEGER = -(2n ** 63n);
const MAX_INTEGER = 2n ** 64n - 1n;

/**
 * The client's own JSON object: at most 16 KiB as UTF-8 JSON and 8 levels deep. Its numbers are kept as they were written, so
 * those are refused that other parsers of JSON would refuse or change beyond recognition: an integer that neither signed nor
 * unsigned 64 bits hold, what a double holds as infinity or nothing, and any that is written in over 40 characters.
 */
export const Metadata = v.pipe(
  v.custom<Record<string, unknown>>(isJsonObject, 'is not a JSON object'),
  v.rawCheck(({ dataset, addIssue }) => {
    const message = dataset.typed ? fault(dataset.value) : undefined;
    if (message !== undefined) addIssue({ message });
  }),
);

/** The depth first: what comes after it is recursive. */
function fault(metadata: Record<string, unknown>): string | undefined {
  if (isDeeperThan(MAX_DEPTH, metadata)) return `is over ${MAX_DEPTH} levels deep`;
  const bytes = new TextEncoder().encode(JSON.stringify(metadata)).length;
  return bytes > MAX_BYTES ? `is over ${MAX_BYTES} bytes of JSON` : numberFault(metadata);
}

/** Why a number anywhere in `value` is refused, if one is. */
function numberFault(value: unknown): string | undefined {
  const text = numberText(value);
  if (text !== undefined) return faultOfNumber(text);
  if (typeof value !== 'object' || value === null) return undefined;
  for (const inner of Object.values(value)) {
    const found = numberFault(inner);
    if (found !== undefined) return found;
  }
  return undefined;
}

function faultOfNumber(text: string): string | undefined {
  if (text.length > MAX_NUMBER_LENGTH) return `holds a number of over ${MAX_NUMBER_LENGTH} characters`;
  if (/^-?\d+$/.test(text)) {
    const integer = BigInt(text);
    return integer < MIN_INTEGER || integer > MAX_INTEGER
      ? `holds an integer beyond 64 bits: ${text}`
      : undefined;
  }
  const value = Number(text);
  const lost = !Number.isFinite(value) || (value === 0 && /^[^eE]*[1-9]/.test(text));
  return lost ? `holds a number beyond a double's range: ${text}` : undefined;
}
