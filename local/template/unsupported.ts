/** The template holds something that is not run locally. The author of the stack can change that. `message` is one line. */
export class UnsupportedTemplateError extends Error {
  override readonly name: string = 'UnsupportedTemplateError';
}
