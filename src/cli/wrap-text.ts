/** Text within the columns of a terminal. */
import { oneLine } from '../kit/text.ts'

/** East Asian wide characters and pictures take two columns (Unicode Standard Annex 11). */
const WIDE =
  /[\u1100-\u115f\u2e80-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/u
const LONGEST = 4000

/** Columns that a text takes on a terminal. */
export function textWidth(text: string): number {
  let width = 0
  for (const character of text) width += WIDE.test(character) ? 2 : 1
  return width
}

/** One line of at most `width` columns; what was cut ends in "…". */
export function fitText(text: string, width: number): string {
  const line = oneLine(text, LONGEST)
  return textWidth(line) <= width ? line : `${head(line, width - 1)}…`
}

/** At most `maximum` lines of at most `width` columns, broken at spaces where there are some; the last ends in "…" when text is left. */
export function wrapText(text: string, width: number, maximum: number): string[] {
  const lines: string[] = []
  let rest = oneLine(text, LONGEST)
  while (rest !== '' && lines.length < maximum - 1 && textWidth(rest) > width) {
    const most = head(rest, width + 1)
    const space = most.lastIndexOf(' ')
    // A word that would leave most of a line empty is broken itself.
    const line = space > most.length / 2 ? most.slice(0, space) : head(rest, width)
    lines.push(line)
    rest = rest.slice(line.length).trimStart()
  }
  return rest === '' ? lines : [...lines, fitText(rest, width)]
}

/** The same, each line behind `indent` spaces. */
export function indentedText(text: string, indent: number, width: number, maximum: number): string[] {
  return wrapText(text, Math.max(20, width - indent), maximum).map((line) => ' '.repeat(indent) + line)
}

/** The first characters that fit into these columns; at least one, so that wrapping ends. */
function head(text: string, width: number): string {
  let [used, end] = [0, 0]
  for (const character of text) {
    used += WIDE.test(character) ? 2 : 1
    if (used > width && end > 0) break
    end += character.length
  }
  return text.slice(0, end)
}
