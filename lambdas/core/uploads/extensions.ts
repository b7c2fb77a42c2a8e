/** Made by `npm run content-types` from mime-db: a line a media type, followed by its extensions. */
export const EXTENSIONS = `
application/dash+xml mpd
application/dash-patch+xml mpp
application/epub+zip epub
application/geo+json geojson
application/gml+xml gml
application/gpx+xml gpx
application/gzip gz
application/java-archive jar war
application/java-vm class
application/json json map
application/json5 json5
application/ld+json jsonld
application/msword doc dot
application/mxf mxf
application/node cjs
application/octet-stream bin exe dll deb dmg iso msi
application/onenote one
application/pdf pdf
application/pgp-encrypted pgp
application/pgp-keys asc
application/pgp-signature sig
application/pkcs7-mime p7m
application/pkcs7-signature p7s
application/pkix-cert cer
application/postscript ai eps ps
application/rtf rtf
application/sql sql
application/toml toml
application/ttml+xml ttml
application/vnd.android.package-archive apk
application/vnd.apple.keynote key
application/vnd.apple.mpegurl m3u8
application/vnd.apple.numbers numbers
application/vnd.apple.pages pages
application/vnd.dbf dbf
application/vnd.google-earth.kml+xml kml
application/vnd.google-earth.kmz kmz
application/vnd.ms-cab-compressed cab
application/vnd.ms-excel xls xlt
application/vnd.ms-excel.sheet.binary.macroenabled.12 xlsb
application/vnd.ms-excel.sheet.macroenabled.12 xlsm
application/vnd.ms-fontobject eot
application/vnd.ms-outlook msg
application/vnd.ms-powerpoint ppt pps pot
application/vnd.ms-powerpoint.presentation.macroenabled.12 pptm
application/vnd.ms-word.document.macroenabled.12 docm
application/vnd.ms-xpsdocument xps
application/vnd.oasis.opendocument.formula odf
application/vnd.oasis.opendocument.graphics odg
application/vnd.oasis.opendocument.presentation odp
application/vnd.oasis.opendocument.presentation-template otp
application/vnd.oasis.opendocument.spreadsheet ods
application/vnd.oasis.opendocument.spreadsheet-template ots
application/vnd.oasis.opendocument.text odt
application/vnd.oasis.opendocument.text-template ott
application/vnd.openxmlformats-officedocument.presentationml.presentation pptx
application/vnd.openxmlformats-officedocument.presentationml.slideshow ppsx
application/vnd.openxmlformats-officedocument.presentationml.template potx
application/vnd.openxmlformats-officedocument.spreadsheetml.sheet xlsx
application/vnd.openxmlformats-officedocument.spreadsheetml.template xltx
application/vnd.openxmlformats-officedocument.wordprocessingml.document docx
application/vnd.openxmlformats-officedocument.wordprocessingml.template dotx
application/vnd.rar rar
application/vnd.tcpdump.pcap pcap cap
application/vnd.visio vsd vsdx
application/wasm wasm
application/x-7z-compressed 7z
application/x-bittorrent torrent
application/x-bzip2 bz2
application/x-httpd-php php
application/x-ipynb+json ipynb
application/x-lzh-compressed lzh
application/x-mobipocket-ebook mobi
application/x-msaccess mdb
application/x-msdownload bat
application/x-mspublisher pub
application/x-netcdf nc cdf
application/x-perl pl
application/x-pkcs12 p12 pfx
application/x-redhat-package-manager rpm
application/x-sh sh
application/x-shockwave-flash swf
application/x-subrip srt
application/x-tar tar
application/x-tex tex
application/x-x509-ca-cert der crt pem
application/x-xz xz
application/xhtml+xml xhtml
application/xml xml xsl xsd
application/xslt+xml xslt
application/zip zip
audio/aac aac
audio/amr amr
audio/basic au
audio/midi mid midi
audio/mp4 m4a m4b
audio/mpeg mp3
audio/ogg oga ogg opus
audio/wav wav
audio/webm weba
audio/x-aiff aif aiff
audio/x-caf caf
audio/x-flac flac
audio/x-matroska mka
audio/x-mpegurl m3u
audio/x-ms-wma wma
font/collection ttc
font/otf otf
font/ttf ttf
font/woff woff
font/woff2 woff2
image/aces exr
image/apng apng
image/avif avif
image/bmp bmp
image/gif gif
image/heic heic
image/heif heif
image/jp2 jp2
image/jpeg jpg jpeg jpe
image/jxl jxl
image/pjpeg jfif
image/png png
image/svg+xml svg svgz
image/tiff tif tiff
image/vnd.adobe.photoshop psd
image/vnd.djvu djvu
image/vnd.dwg dwg
image/vnd.dxf dxf
image/vnd.microsoft.icon ico
image/webp webp
image/x-tga tga
message/rfc822 eml
model/3mf 3mf
model/gltf+json gltf
model/gltf-binary glb
model/iges igs iges
model/mtl mtl
model/obj obj
model/step step stp
model/stl stl
model/vnd.collada+xml dae
model/vnd.usdz+zip usdz
model/x3d+xml x3d
text/calendar ics
text/css css
text/csv csv
text/html html htm
text/javascript js mjs
text/markdown md markdown
text/plain txt text log
text/tab-separated-values tsv
text/vtt vtt
text/x-c c cc cpp h
text/x-java-source java
text/x-lua lua
text/x-vcard vcf
text/yaml yaml yml
video/3gpp 3gp
video/3gpp2 3g2
video/mp2t m2t m2ts
video/mp4 mp4
video/mpeg mpeg mpg mpe
video/ogg ogv
video/quicktime qt mov
video/webm webm
video/x-f4v f4v
video/x-flv flv
video/x-m4v m4v
video/x-matroska mkv
video/x-ms-wmv wmv
video/x-msvideo avi
`;
