/** Text of guests, candidates and matrices in Markdown of GitHub, GitLab and Azure DevOps: it draws nothing, notifies no user, refers to nothing. */
import { oneLine } from '../../kit/text.ts'

/**
 * One bounded line in which nothing is markup. Backslashes and entities stop CommonMark; but mentions, references and addresses
 * are looked for in the finished text, where only a character between helps: a reference writes into the thread that it names.
 */
export function inlineText(text: string, maximum = 400): string {
  // Cut before it is cleaned: cleaning ten megabytes to keep a line of it takes seconds.
  return (
    oneLine(text.slice(0, maximum * 4), maximum)
      .replaceAll('@', '@\u200b')
      // Issues, merge requests, milestones, labels; GH-1 is an issue, too.
      .replace(/(#|!|%|~|\bGH-)(?=\w)/gi, '$1\u200b')
      .replace(/(https?|ftp|www|mailto|xmpp)(?=[:.])/gi, '$1\u200b')
      .replaceAll('&', '&amp;')
      .replaceAll('<', '&lt;')
      .replaceAll('>', '&gt;')
      .replace(/[\\`*_{}[\]#|~]/g, (character) => `\\${character}`)
      .replaceAll('$', '&#36;')
      // At the start of a line: lists, underlines of headings, commands of GitLab (`/close`).
      .replace(/^(\d{1,9})(?=[.)](?:\s|$))/, '$1\\')
      .replace(/^(?=[-+=/])/, '\\')
  )
}

/** A line in monospace; a code span of backticks could be ended by the text. */
export function codeText(text: string, maximum = 300): string {
  return `<code>${inlineText(text, maximum)}</code>`
}
