export type XmlContent = string | number | boolean | readonly XmlElement[];
export type XmlElement = readonly [name: string, content: XmlContent];

/** An XML document of one root element. */
export function xmlDocument([name, content]: XmlElement, namespace?: string): string {
  const attribute = namespace === undefined ? '' : ` xmlns="${escapeText(namespace)}"`;
  return `<?xml version="1.0" encoding="UTF-8"?>\n<${name}${attribute}>${render(content)}</${name}>`;
}

function render(content: XmlContent): string {
  if (typeof content !== 'object') return escapeText(String(content));
  return content.map(([name, inner]) => `<${name}>${render(inner)}</${name}>`).join('');
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

/** Control characters go as references, as S3 sends them: a carriage return would otherwise be read as a newline. */
function escapeText(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: keys may hold any of them
  return text.replace(/[&<>"\u0000-\u001f]/g, (it) => ENTITIES[it] ?? `&#x${it.charCodeAt(0).toString(16)};`);
}
