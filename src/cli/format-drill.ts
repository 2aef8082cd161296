/** A drill in words: one line for each scenario, and what it means. */
import { drillDecision, type DrillReceipt, type DrillResult, type Revealed } from '../model/drill.ts'
import { wrapText } from './wrap-text.ts'

/** Of one sentence. */
const LINES = 6

const WORDS: Readonly<Record<DrillResult['result'], string>> = {
  red: 'red',
  blind: 'BLIND',
  'twin-red': 'FALSE ALARM',
  lab: 'lab failed',
  'not-shown': 'not shown',
}

/** One scenario on one line; why, where it is not as it should be. */
export function formatDrillResult({
  scenario,
  class: name,
  result,
  because,
  secondsToRed,
}: DrillResult): string {
  const named = scenario === name ? scenario : `${scenario} (${name})`
  const time = secondsToRed === undefined ? '' : ` after ${secondsToRed} s`
  return `${named}: ${WORDS[result]}${result === 'red' ? `${time}, its twin green` : `: ${because}`}`
}

/** What the drill says of the gate, in a few lines of at most `width` characters. */
export function formatDrill(receipt: DrillReceipt, width: number): readonly string[] {
  const { results, startedAt, endedAt } = receipt
  const count = (wanted: DrillResult['result']): number =>
    results.filter(({ result }) => result === wanted).length
  const blind = results.filter(({ result }) => result === 'blind')
  const alarms = results.filter(({ result }) => result === 'twin-red')
  const shown = results.length - count('not-shown')
  const sentences = [
    `${count('red')} of ${shown} bad candidates were red for the right reason and their twins green, in ${Math.round((endedAt - startedAt) / 1000)} s.`,
    ...(blind.length === 0
      ? []
      : [`The gate is blind for: ${[...new Set(blind.map(({ class: name }) => name))].join(', ')}.`]),
    ...(alarms.length === 0
      ? []
      : [`Good twins were not green: ${alarms.map(({ scenario }) => scenario).join(', ')}.`]),
    ...(count('lab') === 0 ? [] : [`The lab failed in ${count('lab')} of them, so that nothing is known.`]),
    ...(count('not-shown') === 0 ? [] : [`${count('not-shown')} cannot be shown by this lab.`]),
    ...(receipt.lab.simulated ? ['The machines were simulated: this rehearses the drill, not the lab.'] : []),
    drillDecision(receipt) === 'release' ? 'The gate is alive.' : 'The gate is not proven to be alive.',
  ]
  return sentences.flatMap((sentence) => wrapText(sentence, width, LINES))
}

/** What was sealed, what the run named, and whether these are the same. */
export function formatRevealed(
  { sealed, named, result, because, run }: Revealed,
  width: number,
): readonly string[] {
  const verdicts: Readonly<Record<Revealed['result'], string>> = {
    named: 'The run was held for the sealed reason.',
    'not-named': `The run was not held for the sealed reason: ${because}`,
    lab: `The lab failed, so that nothing is known: ${because}`,
  }
  return [
    `sealed: ${sealed.title} (${sealed.class} in ${sealed.phases.join(' or ')})`,
    `run ${run} named: ${named.length === 0 ? 'nothing' : named.join(', ')}`,
    verdicts[result],
  ].flatMap((sentence) => wrapText(sentence, width, LINES))
}
