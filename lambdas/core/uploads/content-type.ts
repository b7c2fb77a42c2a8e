import other from 'mime/types/other.js';
import standard from 'mime/types/standard.js';

const UNKNOWN = 'application/octet-stream';

/** What data is kept in, which mime-db does not know or knows otherwise; and what programs are written in. */
const OWN: Readonly<Record<string, readonly string[]>> = {
  'application/vnd.apache.parquet': ['parquet'],
  'application/vnd.apache.arrow.file': ['arrow', 'feather'],
  'application/vnd.apache.arrow.stream': ['arrows'],
  'application/avro': ['avro', 'avsc'],
  'application/orc': ['orc'],
  'application/jsonl': ['jsonl'],
  'application/x-ndjson': ['ndjson'],
  'application/x-ipynb+json': ['ipynb'],
  'application/x-hdf5': ['h5', 'hdf5'],
  'application/x-netcdf': ['nc'],
  'application/geopackage+sqlite3': ['gpkg'],
  'application/vnd.sqlite3': ['sqlite', 'sqlite3'],
  'application/gzip': ['gz', 'tgz'],
  'application/zstd': ['zst', 'tzst'],
  'application/x-bzip2': ['bz2', 'tbz2'],
  'application/x-xz': ['xz', 'txz'],
  'application/x-lz4': ['lz4'],
  // TypeScript and Rust: mime-db takes them for a video stream and for a format of libraries that hardly anyone has met.
  [UNKNOWN]: ['ts', 'mts', 'rs'],
};

/** By extension, in lower case. A type that is not an extension's own has a star before it there. */
const TYPES = new Map(
  [standard, other, OWN].flatMap((table) =>
    Object.entries(table).flatMap(([type, extensions]) =>
      extensions
        .filter((extension) => !extension.startsWith('*'))
        .map((extension) => [extension, type] as const),
    ),
  ),
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
