/** Many runs on one screen. */
import type { History, HistoryRun, HistorySignature } from '../model/history.ts'
import { durationText } from '../kit/duration-text.ts'
import { formatTable } from './table.ts'
import { indentedText } from './wrap-text.ts'

const RUNS_SHOWN = 20
const SIGNATURES_SHOWN = 20
const FLAKY_SHOWN = 10

/** Lines for people: the latest runs, then failures, then flaky machines. */
export function formatHistory(history: History, width: number): string[] {
  const { runs, signatures, flaky, unread } = history
  return [
    `${counted(runs.length, 'run')}, ${counted(signatures.length, 'different failure')}, ${counted(flaky.length, 'flaky configuration')}`,
    '',
    ...formatTable(
      ['release', 'decision', 'fail', 'cells', 'red after', 'coverage', 'bad controls', 'run'],
      runs.slice(-RUNS_SHOWN).map(runRow),
      width,
    ),
    ...more(runs.length - RUNS_SHOWN, 'earlier runs'),
    ...section(
      'failures, latest first',
      signatures.slice(0, SIGNATURES_SHOWN).flatMap((entry) => signatureLines(entry, runs, width)),
    ),
    ...more(signatures.length - SIGNATURES_SHOWN, 'other failures'),
    ...section(
      'flaky: failed in some attempts of one candidate and not in others',
      flaky
        .slice(0, FLAKY_SHOWN)
        .flatMap(({ configuration, releases, failing, valid, low, high }) =>
          indentedText(
            `${failing} of ${valid} (${share(low)} – ${share(high)}) ${Object.values(configuration).join(' · ')}, ${releasesText(releases)}`,
            2,
            width,
            3,
          ),
        ),
    ),
    ...more(flaky.length - FLAKY_SHOWN, 'other flaky configurations'),
    ...section(
      'not read',
      unread.flatMap(({ folder, reason }) => indentedText(`${folder}: ${reason}`, 2, width, 3)),
    ),
  ]
}

function runRow(run: HistoryRun): string[] {
  const { counts, coverage, control } = run
  const cells = Object.values(counts).reduce((sum, count) => sum + count, 0)
  return [
    run.release,
    run.decision ?? '–',
    String(counts.fail),
    String(cells),
    run.timeToRedMs === undefined ? '–' : durationText(run.timeToRedMs),
    coverage.feasible === 0 ? '–' : share(coverage.covered / coverage.feasible),
    `${control.failing + control.invalid} of ${control.attempts}`,
    `${run.run}${run.simulated ? ' (simulated)' : ''}`,
  ]
}

function signatureLines(entry: HistorySignature, runs: readonly HistoryRun[], width: number): string[] {
  const name = (place: number): string => `${runs[place]?.release ?? ''} (${runs[place]?.run ?? ''})`
  const where = entry.values
    .slice(0, 3)
    .map(({ axis, value, failing, cells }) => `${axis}=${value} ${failing} of ${cells}`)
  return [
    ...indentedText(`${entry.state}: ${entry.summary}`, 2, width, 3),
    ...indentedText(entry.signature, 4, width, 3),
    ...indentedText(
      `in ${counted(entry.seen.length, 'run')}, first ${name(entry.firstSeen)}, last ${name(entry.lastSeen)}; ${where.join(', ')}`,
      4,
      width,
      3,
    ),
  ]
}

function releasesText(releases: readonly string[]): string {
  const last = releases.at(-1) ?? ''
  return releases.length === 1 ? `release ${last}` : `${releases.length} releases, the last ${last}`
}

function section(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : ['', title, ...lines]
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`
}

function more(count: number, what: string): string[] {
  return count > 0 ? [`  and ${count} ${what}`] : []
}

function share(part: number): string {
  return `${(100 * part).toFixed(0)} %`
}
