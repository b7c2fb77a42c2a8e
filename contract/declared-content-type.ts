import * as v from 'valibot';
import { MIMEType } from 'whatwg-mimetype';
import { MAX_CONTENT_TYPE_LENGTH } from '#contract/content-type';

/**
 * The canonical form of a media type, by the MIME Sniffing standard: parameters that it takes for broken are left out.
 * https://mimesniff.spec.whatwg.org/#parsing-a-mime-type
 *
 * @returns undefined for what is no media type
 */
export function canonicalContentType(text: string): string | undefined {
  return MIMEType.parse(text)?.toString();
}

/**
 * A media type as a client declares it; empty counts as absent, since that is what browsers tell of files that they do not
 * know. What an HTTP header and the field of a form cannot carry is refused.
 */
export const DeclaredContentType = v.pipe(
  v.string(),
  v.rawTransform<string, string | undefined>(({ dataset: { value }, addIssue, NEVER }) => {
    if (value === '') return undefined;
    const refuse = (message: string) => {
      addIssue({ message });
      return NEVER;
    };
    // First of all: what is too long is not looked at.
    if (value.length > MAX_CONTENT_TYPE_LENGTH) return refuse('is over 255 characters');
    if (!/^[ -~]*$/.test(value)) return refuse('holds other than printable ASCII');
    if (value.includes('${')) return refuse('holds "${"');
    const canonical = canonicalContentType(value);
    if (canonical === undefined) return refuse('is not a media type');
    // Quotes may have been added, and escapes resolved.
    if (canonical.includes('${')) return refuse('holds "${"');
    if (canonical.length > MAX_CONTENT_TYPE_LENGTH) return refuse('is over 255 characters');
    return canonical;
  }),
);
