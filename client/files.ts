import { NexusError } from './errors.ts';
import { randomUuid } from './random-uuid.ts';

/** What is known of an upload beforehand. Each part may be left out. */
export interface UploadValues {
  /** @default the file's own name */
  readonly filename?: string | undefined;
  /** A media type. @default the file's own type, or by the extension of its name */
  readonly contentType?: string | undefined;
  /** A JSON object of the application's own, at most 16 KiB. */
  readonly metadata?: Readonly<Record<string, unknown>> | undefined;
  /** A UUID: who names one may repeat the upload, and has the asset once. @default a random one */
  readonly assetId?: string | undefined;
  /** SHA-256 of the file in hex, where it is known. @default it is computed */
  readonly sha256?: string | undefined;
}

/** A file to upload: bytes in memory, or what a page's input or drop gives, or Node's `fs.openAsBlob`, which is read as it is sent. */
export type UploadFile = Blob | Uint8Array<ArrayBuffer>;

/** An upload, with everything that has a default. */
export interface Upload {
  readonly blob: Blob;
  readonly filename: string;
  readonly contentType: string | undefined;
  readonly metadata: Readonly<Record<string, unknown>> | undefined;
  readonly assetId: string;
  readonly sha256: string | undefined;
}

/** @throws NexusError `invalid_request` for a file without a name */
export function toUpload(file: UploadFile, values: UploadValues): Upload {
  const blob = file instanceof Blob ? file : new Blob([file]);
  const { filename = 'name' in blob ? String(blob.name) : undefined, contentType = blob.type || undefined } =
    values;
  if (filename === undefined || filename === '')
    throw new NexusError('invalid_request', 'The file has no name: give filename');
  const { metadata, assetId = randomUuid(), sha256 } = values;
  return { blob, filename, contentType, metadata, assetId, sha256 };
}
