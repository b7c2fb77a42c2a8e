/** The parser alone: the package's entry also loads what guesses a type from a file's bytes, thrice as large. */
declare module 'whatwg-mimetype/lib/mime-type.js' {
  export { MIMEType as default } from 'whatwg-mimetype';
}
