import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import other from 'mime/types/other.js';
import standard from 'mime/types/standard.js';

/**
 * `npm run content-types`: makes the table of extensions that presign guesses a type by, from mime-db (in the package mime,
 * which has settled what is one extension's of several types). Whole, it would be a tenth of presign's bundle.
 */
const FILE = fileURLToPath(new URL('../lambdas/core/uploads/extensions.ts', import.meta.url));

/** The extensions, among mime-db's 1,200, of files that people commonly have. */
const EXTENSIONS = `
  txt text log md markdown html htm xhtml css csv tsv xml xsd xsl xslt rtf ics vcf eml yaml yml toml sql tex bib diff
  js mjs cjs json json5 jsonld geojson map wasm sh bat java class jar war php py pl rb lua c cc cpp h hpp graphql
  pdf ps eps ai xps epub mobi azw3 djvu doc docx docm dot dotx xls xlsx xlsm xlsb xlt xltx ppt pptx pptm pps ppsx pot potx
  odt ott ods ots odp otp odg odf one mpp vsd vsdx pub msg pst mdb accdb pages numbers key ipynb
  png apng jpg jpeg jpe jfif gif webp avif heic heif jxl bmp tif tiff svg svgz ico psd xcf dwg dxf jp2 j2k tga exr hdr
  mp3 m4a m4b aac flac wav oga ogg opus weba mid midi aif aiff wma amr mka au caf
  mp4 m4v mov qt avi mkv webm mpg mpeg mpe ogv wmv flv 3gp 3g2 m2ts m2t mxf m3u8 m3u mpd f4v vtt srt ttml
  zip gz bz2 xz 7z rar tar lzh cab iso dmg apk ipa deb rpm exe msi dll bin
  kml kmz gpx gml shp stl obj mtl gltf glb step stp iges igs dae 3mf ply usdz x3d
  nc cdf mat dbf sav pcap cap ttf otf woff woff2 ttc eot swf p12 pfx pem cer crt der p7m p7s asc pgp sig torrent
`;

/** The table's source. An extension with a star before it is another type's first of all. */
export function extensionsSource(): string {
  const kept = new Set(EXTENSIONS.trim().split(/\s+/));
  const lines = Object.entries({ ...standard, ...other })
    .map(([type, extensions]) => [type, ...extensions.filter((extension) => kept.has(extension))])
    .filter(({ length }) => length > 1)
    .map((words) => words.join(' '))
    .sort();
  return [
    '/** Made by `npm run content-types` from mime-db: a line a media type, followed by its extensions. */',
    `export const EXTENSIONS = \`\n${lines.join('\n')}\n\`;\n`,
  ].join('\n');
}

if (import.meta.main) writeFileSync(FILE, extensionsSource());
