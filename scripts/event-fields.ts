/** The description of each field in the events' JSON Schemas. A field means the same wherever it occurs. */
export const EVENT_FIELDS: Readonly<Record<string, string>> = {
  event_id:
    'Names the event: a redelivery carries the same one, so work done once per event_id is done once.',
  event_type: "What happened; also the EventBridge event's detail-type.",
  sequence:
    "Orders an asset's events: it only grows, also when an asset_id is used again. EventBridge keeps no order: the higher of two is the later one.",
  occurred_at: 'When it happened: RFC 3339, UTC.',
  user_id: 'The `sub` of the token that caused it; `nexus-raw-storage` where the service did it by itself.',
  request_id:
    "The HTTP request that caused it. It is presign's where the service registered the upload by itself, and the id of the stream's record where the table's Time to Live ended the asset.",
  trace_id: 'The X-Ray trace that the request belongs to. It is the request_id where there is no trace.',
  schema_version: 'major.minor: within a major, events only gain optional fields.',
  tenant_id: 'The tenant that the asset belongs to.',
  env: "The tenant's environment that the asset is in.",
  asset_type: 'What `asset` is.',
  asset_id: 'A UUID in lower case.',
  asset: 'The asset as the change left it. One whose retention ended is told as it was last.',
  uri: '`s3://bucket/key` with nothing encoded, for tools that take it so; no URI parser may read it.',
  bucket: 'The S3 bucket that the object is in.',
  key: 'The key of the object in its bucket.',
  filename:
    "In Unicode's normal form C, at most 255 code points and 600 bytes of UTF-8; a name alone, never a path.",
  content_type:
    'A media type in its canonical form, as declared or by the extension: not sniffed from the bytes.',
  status: 'The state that the asset is in; docs/lifecycle.md has all of them.',
  size_bytes:
    'The size in bytes. Before the asset is registered it is what was declared, and missing where nothing was.',
  sha256:
    'The SHA-256 of the bytes in hex, which register has proven. Before that it is what was declared, and missing where nothing was.',
  register:
    'Who registers the upload: the client by a call (`explicit`), or the service as soon as the bytes are there (`on_upload`).',
  upload_expires_at: 'When the form stops working, unless it is signed again: RFC 3339, UTC.',
  version_id:
    "S3's id of the version that was verified. Read that one: a later upload may be the current version.",
  created_at: 'When it was registered: RFC 3339, UTC.',
  created_by:
    'The `sub` of the token that registered it, or of the one that presigned it where the service registered it by itself.',
  deleted_at: 'When it was deleted: RFC 3339, UTC.',
  purge_at: 'The end of its retention, until which it can be restored: RFC 3339, UTC.',
  metadata:
    "The client's own JSON object, at most 16 KiB and 8 levels deep as it was sent; its numbers are written as they were sent.",
};

/** The description of each kind of asset, by its status, in an event that may hold one or the other. */
export const EVENT_VARIANTS: Readonly<Record<string, string>> = {
  deleted: 'The retention of the asset ended. This is how it was last.',
  purged: 'The asset was erased. Nothing is told of it but its ids.',
};
