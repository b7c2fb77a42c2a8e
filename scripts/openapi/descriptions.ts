import type { JsonSchema } from '../breaking-changes.ts';
import { EVENT_FIELDS } from '../event-fields.ts';

/** The description of each field of a request or an answer. A field means the same wherever it occurs, in events too. */
const API_FIELDS: Readonly<Record<string, string>> = {
  ...EVENT_FIELDS,
  asset_id: 'A UUID, taken in any case and kept in lower case.',
  status: 'The state that the asset is in, or, in a batch and a problem, an HTTP status.',
  metadata:
    'A JSON object of at most 16 KiB and 8 levels. Its numbers come back as they were written; integers beyond 64 bits, numbers beyond a double, or of over 40 characters, are refused.',
  method: 'How the form is sent.',
  url: 'Where the form is posted to, or the file is read from.',
  fields: 'The fields of the form, to be sent as they are as multipart/form-data, before the file.',
  expires_at: 'When the form or the URL stops working: RFC 3339, UTC.',
  expires: 'Seconds until then.',
  max_size_bytes: 'The most bytes that the form accepts.',
  items: 'The items, in their order.',
  next_cursor:
    'Where the next page begins. Missing at the end, and only there: a page may be short or empty.',
  limit: 'The most items of the page.',
  cursor: 'The `next_cursor` of the page before.',
  created_from: 'The earliest `created_at`, inclusive: RFC 3339 with any offset.',
  created_to: 'The latest `created_at`, exclusive: RFC 3339 with any offset.',
  disposition: 'Whether a browser shall save the file or show it.',
  body: 'What the single call would have answered.',
  scopes: 'What the token may do.',
  limits: 'What the deployment allows.',
  max_upload_bytes: 'The largest file.',
  max_hash_bytes: 'The largest file whose `sha256` need not be declared: the service hashes it.',
  upload_expiry_seconds: 'How long a form works.',
  delete_retention_days: 'For how long a deleted asset can be restored.',
  type: 'A URN of the code.',
  title: 'What went wrong, the same for all of a code.',
  detail: 'What went wrong this time.',
  code: 'A stable word for programs.',
  errors: 'Each field that is wrong.',
  path: 'The field, dotted; empty for the body itself.',
  message: 'What is wrong with it.',
};

/** @throws Error for a field that `descriptions.ts` does not describe */
export function described(schema: JsonSchema): JsonSchema {
  const { properties, items } = schema as { properties?: Record<string, JsonSchema>; items?: JsonSchema };
  return {
    ...schema,
    ...(items && { items: described(items) }),
    ...(properties && {
      properties: Object.fromEntries(
        Object.entries(properties).map(([name, property]) => [
          name,
          { description: descriptionOf(name), ...described(property) },
        ]),
      ),
    }),
  };
}

export function descriptionOf(name: string): string {
  const description = API_FIELDS[name];
  if (description === undefined)
    throw new Error(`${name} is not described in scripts/openapi/descriptions.ts`);
  return description;
}
