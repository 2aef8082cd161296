/** Writes XML: every text and attribute is escaped, what XML 1.0 cannot hold is refused. */

export interface XmlNode {
  readonly name: string
  readonly attributes?: Readonly<Record<string, string>>
  readonly content?: string | readonly XmlNode[]
}

/** @throws RangeError for a character that XML 1.0 cannot hold, and for a name that is none */
export function writeXml(root: XmlNode): string {
  return `<?xml version="1.0" encoding="utf-8"?>\n${writeNode(root, '')}\n`
}

function writeNode(node: XmlNode, indent: string): string {
  const { name, attributes = {}, content = '' } = node
  const names = [name, ...Object.keys(attributes)]
  if (!names.every((word) => /^[A-Za-z_][\w.:-]*$/.test(word))) throw new RangeError(`no XML name: ${name}`)
  const written = Object.entries(attributes).map(([key, value]) => ` ${key}="${escape(value)}"`)
  const open = `${indent}<${name}${written.join('')}`
  if (typeof content === 'string') return `${open}>${escape(content)}</${name}>`
  return [`${open}>`, ...content.map((child) => writeNode(child, `${indent}  `)), `${indent}</${name}>`].join(
    '\n',
  )
}

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  '\t': '&#9;',
  '\n': '&#10;',
  '\r': '&#13;',
}

function escape(text: string): string {
  // XML 1.0, production 2: of the control characters only tab, line feed and carriage return.
  if (
    /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/.test(
      text,
    )
  )
    throw new RangeError('a text holds a character that XML cannot')
  return text.replace(/[&<>"\t\n\r]/g, (character) => ESCAPES[character] ?? character)
}
