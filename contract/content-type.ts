import * as v from 'valibot';

export const MAX_CONTENT_TYPE_LENGTH = 255;

/**
 * A media type in the one form in which it is kept: as the MIME Sniffing standard serialises it, type and parameter names in
 * lower case, values in quotes only where they must be. It holds no `${`, which S3 expands in the fields of a form.
 * https://mimesniff.spec.whatwg.org/#serializing-a-mime-type
 */
export const ContentType = v.pipe(
  v.string(),
  v.maxLength(MAX_CONTENT_TYPE_LENGTH, 'is over 255 characters'),
  v.regex(
    /^(?!.*\$\{)[a-z0-9!#$%&'*+.^_`|~-]+\/[a-z0-9!#$%&'*+.^_`|~-]+(;[a-z0-9!#$%&'*+.^_`|~-]+=([A-Za-z0-9!#$%&'*+.^_`|~-]+|"([ !#-[\]-~]|\\["\\])*"))*$/,
    'is not a media type in its canonical form',
  ),
);
