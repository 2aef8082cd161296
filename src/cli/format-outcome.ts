/** How a run ended, on one screen: what was found, the suspects, the cause, the decision, what to open. */
import { configurationText } from '../model/configuration-text.ts'
import { leadingSuspects } from '../model/leading-suspects.ts'
import type { Gate, Report } from '../model/report.ts'
import { runCause, type RunCause } from '../model/run-cause.ts'
import { spellValues } from '../model/spelling.ts'
import { fitText, wrapText } from './wrap-text.ts'

export interface OutcomePlace {
  readonly width: number
  /** Lines of the screen; all that is said leaves one for the prompt. */
  readonly height: number
  /** Of the run, and of its page, as a person would type them. */
  readonly runFolder: string
  readonly page: string
}

export interface OutcomeText {
  readonly facts: readonly string[]
  readonly decision: readonly string[]
  readonly next: readonly string[]
}

const COUNTED = ['fail', 'inconclusive', 'warn', 'not-run', 'pass'] as const
/** Of each kind, before one kind gets more. */
const LEAST_LINES = 3
const MARKS = { satisfied: '✓', violated: '✗', inconclusive: '?' } as const

/** Lines for a terminal of this size; what does not fit is counted, the least important first. */
export function formatOutcome(report: Report, gate: Gate, place: OutcomePlace): OutcomeText {
  const cause = runCause(report)
  const decision = [
    ...(cause.worst === undefined ? [] : wrapText(`cause: ${cause.worst.because}`, place.width, 4)),
    ...wrapText(`${gate.decision.toUpperCase()}: ${gate.because}`, place.width, 3),
  ]
  const next = nextLines(report, cause, place)
  const room = Math.max(3, place.height - 1 - decision.length - next.length)
  const cut = sections(report, gate, cause, (text) => [fitText(text, place.width)])
  // Whole where there is room for it.
  const wrapped =
    linesOf(cut) <= room ? sections(report, gate, cause, (text) => wrapText(text, place.width, 3)) : cut
  return { facts: fill(linesOf(wrapped) <= room ? wrapped : cut, room), decision, next }
}

/** Some lines of one kind; a smaller priority is told first when there is little room. */
interface Section {
  readonly priority: number
  readonly lines: readonly string[]
}

/** `shown`: the lines that a text takes on this terminal. */
function sections(
  report: Report,
  gate: Gate,
  { problems }: RunCause,
  shown: (text: string) => readonly string[],
): readonly Section[] {
  const unsatisfied = gate.rules.filter(({ result }) => result !== 'satisfied')
  const rule = ({ result, title, explanation }: Gate['rules'][number]): string =>
    `${MARKS[result]} ${title}: ${explanation}`
  const total = report.cells.length
  const section = (priority: number, texts: readonly string[]): Section => ({
    priority,
    lines: texts.flatMap((text) => shown(text)),
  })
  const candidate = `${report.candidate.id} ${report.candidate.release}`
  return [
    { priority: 0, lines: ['', ...shown(`${candidate} on ${report.matrix.title}: ${counts(report)}`)] },
    section(
      2,
      problems.map(
        ({ class: name, severity, summary, cells, since }) =>
          `${severity === 'fail' ? '✗' : '!'} ${cells.length} of ${total} ${name}${since === undefined ? '' : ` (${since})`}: ${summary}`,
      ),
    ),
    section(4, openLines(report)),
    section(1, suspectLines(report)),
    section(3, unsatisfied.map(rule)),
    section(6, gate.rules.filter((one) => !unsatisfied.includes(one)).map(rule)),
    section(
      5,
      report.notes.map((note) => `note: ${note}`),
    ),
  ]
}

function counts(report: Report): string {
  const parts = COUNTED.filter((outcome) => report.counts[outcome] > 0)
  return parts.length === 0
    ? 'no cells'
    : parts.map((outcome) => `${report.counts[outcome]} ${outcome}`).join(', ')
}

/** Cells that did not pass and show no symptom, those with the same reason in one line. */
function openLines(report: Report): string[] {
  const open = report.cells.filter(
    ({ verdict }) => verdict.outcome !== 'pass' && verdict.symptoms.length === 0,
  )
  const groups = Map.groupBy(open, ({ verdict }) => `${verdict.outcome}: ${verdict.because}`)
  return [...groups]
    .toSorted(([, a], [, b]) => b.length - a.length)
    .map(([reason, cells]) => `? ${cells.length} of ${report.cells.length} ${reason}`)
}

/** The first with its reason. */
function suspectLines(report: Report): string[] {
  const values = (configuration: Readonly<Record<string, string>>): string =>
    configurationText(spellValues(report.matrix.axes, configuration), ' × ')
  const failures = new Set(report.suspects.map(({ failure }) => failure)).size
  return leadingSuspects(report.suspects).flatMap(
    ({ rank, values: combination, failure, support, because, equivalent }) => [
      `suspect ${rank}. ${values(combination)}: ${support}; ${because}`,
      // Only where there is more than one failure does a reader ask of which this is the suspect.
      ...(failures > 1 ? [`of ${failure}`] : []),
      ...equivalent.slice(0, 1).map((same) => `  the constraints make it the same as ${values(same)}`),
    ],
  )
}

function nextLines(report: Report, { worst }: RunCause, { width, runFolder, page }: OutcomePlace): string[] {
  const open = report.cells.findIndex(({ verdict }) => verdict.outcome !== 'pass')
  const cell = report.cells[worst?.problem.cells[0] ?? open]
  return [
    `open: ${page}`,
    ...(cell === undefined ? [] : [`then: ringzero explain ${runFolder} ${cell.planned.id.slice(0, 7)}`]),
  ].flatMap((text) => wrapText(text, width, 4))
}

/** The sections in their order. Where not all fits, each gets some lines and the important ones the rest; what is left out is counted. */
function fill(wanted: readonly Section[], room: number): string[] {
  const total = linesOf(wanted)
  if (total <= room) return wanted.flatMap(({ lines }) => lines)
  const taken = new Map(wanted.map((section) => [section, 0]))
  let left = room - 1
  for (const most of [LEAST_LINES, Infinity])
    for (const section of wanted.toSorted((a, b) => a.priority - b.priority)) {
      const before = taken.get(section) ?? 0
      const more = Math.min(left, Math.min(most, section.lines.length) - before)
      taken.set(section, before + more)
      left -= more
    }
  return [
    ...wanted.flatMap((section) => section.lines.slice(0, taken.get(section))),
    `… and ${total - (room - 1)} more lines: see the report`,
  ]
}

function linesOf(wanted: readonly Section[]): number {
  return wanted.reduce((sum, { lines }) => sum + lines.length, 0)
}
