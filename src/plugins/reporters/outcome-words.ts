/** The words and signs that all renderings share. A sign stands beside every colour, so that no reader needs the colour. */
import type { Outcome, Verdict } from '../../model/verdict.ts'

export const OUTCOMES: readonly Outcome[] = ['fail', 'inconclusive', 'warn', 'not-run', 'pass']

const SIGNS: Readonly<Record<Outcome, string>> = {
  pass: '✓',
  warn: '▲',
  fail: '✗',
  inconclusive: '?',
  'not-run': '·',
}

/** One character for an outcome. */
export function outcomeSign(outcome: Outcome): string {
  return SIGNS[outcome]
}

/** First word of every message about a cell: who must act; empty where it passed. */
export function blameWord(verdict: Verdict): string {
  if (verdict.blame === 'candidate') return '[candidate]'
  if (verdict.blame === 'pre-existing') return '[pre-existing]'
  if (verdict.outcome === 'pass') return '[passed]'
  return verdict.outcome === 'not-run' ? '[not-run]' : '[infra]'
}
