import * as v from 'valibot';

const MAX_BYTES = 255;

/**
 * Why a file name is refused, if it is. Control characters would corrupt logs and headers, bidirectional overrides
 * disguise an extension (Unicode TR36, section 3.1), and `${` is expanded by S3 in the fields of a form
 * (https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTForms.html).
 */
function fault(name: string): string | undefined {
  if (name === '') return 'is empty';
  if (!name.isWellFormed()) return 'holds a lone surrogate';
  if (name === '.' || name === '..') return 'is a relative path';
  if (/[/\\]/.test(name)) return 'holds a path separator';
  if (/\p{Cc}/u.test(name)) return 'holds a control character';
  if (/[\u202A-\u202E\u2066-\u2069]/.test(name)) return 'holds a bidirectional override';
  if (name.includes('${')) return 'holds "${"';
  if (new TextEncoder().encode(name).length > MAX_BYTES) return `is over ${MAX_BYTES} bytes of UTF-8`;
  return undefined;
}

/** A file name in any script, stored in Unicode's normal form C and otherwise never changed. */
export const Filename = v.pipe(
  v.string(),
  v.normalize('NFC'),
  v.rawCheck(({ dataset, addIssue }) => {
    const message = dataset.typed ? fault(dataset.value) : undefined;
    if (message !== undefined) addIssue({ message });
  }),
);
