import * as v from 'valibot';

const MAX_CODE_POINTS = 255;

/** With the longest tenant and env, a key stays far below the 1,024 bytes that S3 takes. */
const MAX_BYTES = 600;

/** No letter is decomposed into more than four code points, so nothing longer can become short enough. */
const MAX_UNITS_BEFORE = 4 * MAX_CODE_POINTS;

/**
 * Why a name in normal form C is refused, if it is. Control characters would corrupt logs and headers, bidirectional
 * overrides disguise an extension (Unicode TR36, section 3.1), a replacement character is what is left of a name in another
 * encoding, and `${` is expanded by S3 in the fields of a form
 * (https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTForms.html).
 */
function fault(name: string): string | undefined {
  if (name === '') return 'is empty';
  if ([...name].length > MAX_CODE_POINTS) return `is over ${MAX_CODE_POINTS} characters`;
  if (!name.isWellFormed()) return 'holds a lone surrogate';
  if (name === '.' || name === '..') return 'is a relative path';
  if (/[/\\]/.test(name)) return 'holds a path separator';
  if (/\p{Cc}/u.test(name)) return 'holds a control character';
  if (/[\u202A-\u202E\u2066-\u2069]/.test(name)) return 'holds a bidirectional override';
  if (/[\u2028\u2029]/.test(name)) return 'holds a line separator';
  if (/\p{Noncharacter_Code_Point}/u.test(name)) return 'holds a noncharacter';
  if (name.includes('\uFFFD')) return 'holds U+FFFD, as text in a broken encoding does';
  if (name.includes('${')) return 'holds "${"';
  if (new TextEncoder().encode(name).length > MAX_BYTES) return `is over ${MAX_BYTES} bytes of UTF-8`;
  return undefined;
}

/**
 * A file name in any script, of at most 255 code points and 600 bytes of UTF-8, stored in Unicode's normal form C and
 * otherwise never changed.
 */
export const Filename = v.pipe(
  v.string(),
  v.rawTransform(({ dataset: { value }, addIssue, NEVER }) => {
    // The length first: to normalise a run of combining marks takes quadratic time.
    const tooLong = value.length > MAX_UNITS_BEFORE;
    const name = tooLong ? value : value.normalize('NFC');
    const message = tooLong ? `is over ${MAX_CODE_POINTS} characters` : fault(name);
    if (message === undefined) return name;
    addIssue({ message });
    return NEVER;
  }),
);
