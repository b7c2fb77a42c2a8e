/** What matches the text itself in a regular expression, whatever it holds. */
export function escapeText(text: string): string {
  return text.replaceAll(/[\^$\\.*+?()[\]{}|/]/g, '\\$&');
}
