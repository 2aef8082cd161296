/** Text of guests, candidates and matrices as junit.xml may hold it: bounded, without control characters, without commands to a reader. */
import { bounded, boundedTail, oneLine, printable } from '../../kit/text.ts'

/** What is left of Azure DevOps' 512 characters when a text was cut or made inert. */
const LONGEST_LINE = 450

/** One line that fits Azure DevOps' 512 characters. */
export function lineText(text: string): string {
  return inert(oneLine(text.slice(0, 2000), LONGEST_LINE))
}

/** Lines, with the middle cut out of what is longer than `maximum` characters. */
export function blockText(text: string, maximum: number): string {
  // Cut before it is cleaned: what is not kept costs nothing.
  const safe = inert(printable(text.slice(0, maximum * 2)))
  return safe.length <= maximum ? safe : `${bounded(safe, maximum / 2)}\n${boundedTail(safe, maximum / 4)}`
}

/**
 * `[[ATTACHMENT|path]]` makes Jenkins and GitLab publish a file of the CI computer, and a guest can print it as the title of a
 * panic; `[[PROPERTY|name=value]]` is read the same way. Readers write such texts into the log of a CI job, where a line that begins
 * with `::` (GitHub) or `##[` (Azure DevOps, TeamCity) is a command. The builder ends only the first of several CDATA ends
 * properly, and xunit-viewer cannot read a file that has a replacement character.
 */
function inert(text: string): string {
  return text
    .replaceAll(']]>', ']] >')
    .replace(/\[(?=\[)/g, '[ ')
    .replace(/##(?=(?:vso|teamcity)?\[)/g, '# #')
    .replace(/^(\s*):(?=:)/gm, '$1: ')
    .replaceAll('\ufffd', '?')
}
