/** How a run ended, as a person reads it last: the decision and why, what fails, the suspects, where to look. */
import { leadingSuspects } from '../model/leading-suspects.ts'
import type { Gate, Report } from '../model/report.ts'
import { spellValues } from '../model/spelling.ts'
import { formatTable } from './table.ts'

/** Failing and open cells shown; the rest is in the report. */
const CELLS_SHOWN = 12
const SUSPECTS_SHOWN = 4

/** Lines for a terminal of this width. */
export function formatOutcome(report: Report, gate: Gate, width: number): string[] {
  const { counts } = report
  const axes = report.matrix.axes.map((axis) => axis.id)
  const valuesOf = (configuration: Readonly<Record<string, string>>): string => {
    const spelled = spellValues(report.matrix.axes, configuration)
    return axes.map((axis) => spelled[axis] ?? '–').join(' · ')
  }
  const open = report.cells.filter(({ verdict }) => verdict.outcome !== 'pass')
  const order = ['fail', 'inconclusive', 'warn', 'not-run', 'pass']
  const rows = open
    .toSorted((a, b) => order.indexOf(a.verdict.outcome) - order.indexOf(b.verdict.outcome))
    .slice(0, CELLS_SHOWN)
    .map(({ planned, verdict }) => [
      verdict.outcome,
      planned.id.slice(0, 7),
      valuesOf(planned.configuration),
      verdict.because,
    ])
  return [
    '',
    `${report.candidate.id} ${report.candidate.release} on ${report.matrix.title}: ${formatCounts(counts)}`,
    ...(rows.length === 0
      ? []
      : ['', ...formatTable(['outcome', 'cell', 'configuration', 'because'], rows, width)]),
    ...(open.length > CELLS_SHOWN ? [`and ${open.length - CELLS_SHOWN} more, see the report`] : []),
    ...formatSuspects(report),
    '',
    ...gate.rules.map((rule) => `${MARKS[rule.result]} ${rule.title}: ${rule.explanation}`),
    ...report.notes.map((note) => `note: ${note}`),
    `${gate.decision.toUpperCase()}: ${gate.because}`,
  ]
}

const MARKS = { satisfied: '✓', violated: '✗', inconclusive: '?' } as const

function formatCounts(counts: Report['counts']): string {
  const parts = Object.entries(counts).filter(([, n]) => n > 0)
  return parts.length === 0 ? 'no cells' : parts.map(([outcome, n]) => `${n} ${outcome}`).join(', ')
}

function formatSuspects(report: Report): string[] {
  if (report.suspects.length === 0) return []
  const shown = leadingSuspects(report.suspects).slice(0, SUSPECTS_SHOWN)
  const others = report.suspects.length - shown.length
  const formatValues = (values: Readonly<Record<string, string>>): string =>
    Object.entries(spellValues(report.matrix.axes, values))
      .map(([axis, value]) => `${axis}=${value}`)
      .join(' × ')
  return [
    '',
    'suspects',
    ...shown.flatMap(({ rank, values, support, because, equivalent }) => [
      `  ${rank}. ${formatValues(values)}: ${support}; ${because}`,
      ...(equivalent.length === 0
        ? []
        : [`     the constraints make it the same as ${equivalent.map(formatValues).join(', or ')}`]),
    ]),
    ...(others === 0 ? [] : [`  and ${others} less likely, see the report`]),
  ]
}
