/** The page's data, which the writer of the page put beside the script in blocks. */

/** The JSON text of the block with this id, unpacked where it is compressed. @throws Error when the page has none */
export async function readBlock(id: string): Promise<string> {
  const element = document.getElementById(id)
  const text = element?.textContent
  if (element === null || text === undefined) throw new Error(`the page has no data ${id}`)
  if (element.getAttribute('type') !== 'application/gzip') return text
  const packed = Uint8Array.from(atob(text), (character) => character.charCodeAt(0))
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream('gzip'))
  return await new Response(stream).text()
}
