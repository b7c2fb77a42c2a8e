export type XmlContent = string | number | boolean | readonly XmlElement[];
export type XmlElement = readonly [name: string, content: XmlContent];

/** Writes an XML document that has this root element. */
export function xmlDocument([name, content]: XmlElement, namespace?: string): string {
  const attribute = namespace === undefined ? '' : ` xmlns="${escapeText(namespace)}"`;
  return `<?xml version="1.0" encoding="UTF-8"?>\n<${name}${attribute}>${render(content)}</${name}>`;
}

function render(content: XmlContent): string {
  if (typeof content !== 'object') return escapeText(String(content));
  return content.map(([name, inner]) => `<${name}>${render(inner)}</${name}>`).join('');
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

/**
 * Writes control characters as character references, as S3 does: an XML parser would read a plain carriage return as a
 * newline.
 */
function escapeText(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: keys may hold any of them
  return text.replace(/[&<>"\u0000-\u001f]/g, (it) => ENTITIES[it] ?? `&#x${it.charCodeAt(0).toString(16)};`);
}
