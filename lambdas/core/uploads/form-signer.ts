import type * as v from 'valibot';
import type { ContentType } from '#contract/content-type';

/** An upload that a form allows: exactly this key and type, within these bounds, until the form expires. */
export interface UploadForm {
  readonly bucket: string;
  readonly key: string;
  readonly contentType: v.InferOutput<typeof ContentType>;
  readonly minBytes: number;
  readonly maxBytes: number;
  /** Hex; when given, the store refuses any other bytes. */
  readonly sha256: string | undefined;
  /** Marks the object with the life of the asset that it is for. */
  readonly upload: string;
  readonly expirySeconds: number;
}

/** A form for multipart/form-data: every field as it is, the file last. */
export interface SignedForm {
  readonly url: string;
  readonly fields: Readonly<Record<string, string>>;
}

/** Lets a client put an object where the bytes lie, and nothing else. */
export interface FormSigner {
  /** Signs a form; asks nobody. */
  signForm(form: UploadForm): Promise<SignedForm>;
}
