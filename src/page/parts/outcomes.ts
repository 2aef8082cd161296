/** How outcomes look: one sign and one word each, the worst first. */
import type { Outcome } from '../../model/verdict.ts'

export const OUTCOMES: readonly Outcome[] = ['fail', 'inconclusive', 'warn', 'not-run', 'pass']

export const SIGNS: Readonly<Record<Outcome, string>> = {
  pass: '✓',
  warn: '▲',
  fail: '✗',
  inconclusive: '?',
  'not-run': '·',
}

export const WORDS: Readonly<Record<Outcome, string>> = {
  pass: 'passed',
  warn: 'passed with warnings',
  fail: 'failed',
  inconclusive: 'inconclusive',
  'not-run': 'not run',
}
