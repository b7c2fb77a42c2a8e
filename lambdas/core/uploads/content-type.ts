import { EXTENSIONS } from '#core/uploads/extensions';

const UNKNOWN = 'application/octet-stream';

/** Types of data files that mime-db lacks or names otherwise, and extensions of source files that it takes for something else. */
const OWN = `
application/avro avro avsc
application/geopackage+sqlite3 gpkg
application/gzip tgz
application/jsonl jsonl
application/orc orc
application/vnd.apache.arrow.file arrow feather
application/vnd.apache.arrow.stream arrows
application/vnd.apache.parquet parquet
application/vnd.sqlite3 sqlite sqlite3
application/x-bzip2 tbz2
application/x-hdf5 h5 hdf5
application/x-lz4 lz4
application/x-ndjson ndjson
application/x-xz txz
application/zstd zst tzst
${UNKNOWN} ts mts rs
`;

/**
 * The type of each extension, in lower case. `.ts` and `.rs` are source files here, not the video stream and the library
 * format that mime-db takes them for.
 */
const TYPES = new Map(
  `${EXTENSIONS}${OWN}`.split('\n').flatMap((line) => {
    const [type = '', ...extensions] = line.split(' ');
    return extensions.map((extension) => [extension, type] as const);
  }),
);

/**
 * The media type that a file name's extension stands for, as IANA, Apache and nginx have it (mime-db), else
 * `application/octet-stream`.
 */
export function contentTypeOf(filename: string): string {
  const extension = filename.slice(filename.lastIndexOf('.') + 1).toLowerCase();
  const known = extension.length < filename.length ? TYPES.get(extension) : undefined;
  return known ?? UNKNOWN;
}
