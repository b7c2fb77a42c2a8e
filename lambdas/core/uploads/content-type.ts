import { lookup } from 'mrmime';

/** The media type that a file name's extension stands for, else `application/octet-stream`. */
export function contentTypeOf(filename: string): string {
  const extension = /\.([a-z0-9]+)$/i.exec(filename)?.[1];
  const type: unknown = extension && lookup(extension);
  // The table is a plain object: the extension `constructor` would name a function.
  return typeof type === 'string' && type !== '' ? type : 'application/octet-stream';
}
