/** JSON of any size as pieces of text: a hundred thousand members are more than one string can hold. */

/** Pieces are joined up to about this many characters. */
const PIECE = 64 * 1024

/**
 * The text of a document, ending with a newline: each member of the object on a line of its own, and each element of a member that is
 * a list. Members that are undefined are left out, as `JSON.stringify` does.
 */
export function* jsonPieces(document: object): Generator<string> {
  let text = '{'
  let first = true
  for (const [name, value] of Object.entries(document) as [string, unknown][]) {
    if (value === undefined) continue
    text += `${first ? '' : ','}\n${JSON.stringify(name)}: `
    first = false
    if (!Array.isArray(value) || value.length === 0) text += JSON.stringify(value)
    else {
      for (const [at, element] of (value as readonly unknown[]).entries()) {
        text += `${at === 0 ? '[' : ','}\n${JSON.stringify(element) ?? 'null'}`
        if (text.length < PIECE) continue
        yield text
        text = ''
      }
      text += '\n]'
    }
    if (text.length < PIECE) continue
    yield text
    text = ''
  }
  yield `${text}\n}\n`
}
