/** A JUnit document as elements, read by libxml2. */
import { ParseOption, XmlDocument, XmlElement, XmlText, XmlCData } from 'libxml2-wasm'

export interface Element {
  readonly name: string
  readonly attributes: Readonly<Record<string, string>>
  readonly children: readonly Element[]
  /** Of the element itself, without that of its children. */
  readonly text: string
}

/** The root of a document. @throws when it is not well-formed */
export function readDocument(xml: string): Element {
  const document = XmlDocument.fromString(xml, { option: ParseOption.XML_PARSE_HUGE })
  try {
    return elementOf(document.root)
  } finally {
    document.dispose()
  }
}

/** The children of this name. */
export function childrenOf(element: Element | undefined, name: string): readonly Element[] {
  return element?.children.filter((child) => child.name === name) ?? []
}

function elementOf(node: XmlElement): Element {
  const children: Element[] = []
  let text = ''
  for (let child = node.firstChild; child !== null; child = child.next) {
    if (child instanceof XmlElement) children.push(elementOf(child))
    else if (child instanceof XmlText || child instanceof XmlCData) text += child.content
  }
  const attributes = Object.fromEntries(node.attrs.map((attribute) => [attribute.name, attribute.value]))
  return { name: node.name, attributes, children, text }
}
