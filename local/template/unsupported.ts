/** The template holds what is not run locally. It is the author of the stack who can change that; `message` is one line. */
export class UnsupportedTemplateError extends Error {
  override readonly name: string = 'UnsupportedTemplateError';
}
