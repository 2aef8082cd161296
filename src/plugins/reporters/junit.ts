/**
 * junit.xml, in the common denominator of Jenkins, GitLab, Azure DevOps and the GitHub actions: one flat suite a cell, a
 * `verdict` case and one case a check, stable names, one system-out, the class as first word. A view: the gate is the exit code.
 */
import sharedBuilder from 'junit-report-builder'
import type { Builder, TestCase, TestSuite } from 'junit-report-builder'
import { boundedTail, oneLine, printable, bounded } from '../../kit/text.ts'
import { formatInstant } from '../../kit/clock.ts'
import type { Report } from '../../model/report.ts'
import { indexReport, type ReportIndex } from '../../model/report-index.ts'
import type { Verdict } from '../../model/verdict.ts'
import type { Reporter } from '../../sdk/reporter.ts'
import { describeCell } from './describe-cell.ts'
import { addElement, addSkipped, nameHost } from './junit-extensions.ts'
import { blameWord } from './outcome-words.ts'

type ReportedCell = Report['cells'][number]

/** Its types describe an ES module, what Node loads is CommonJS: the import is the shared builder itself. */
const builders = sharedBuilder as unknown as Builder

/** GitLab refuses files over 30 MB; its element limit broke reports of 250,000 objects. */
const MAXIMUM_BYTES = 29_000_000
const MAXIMUM_CASES = 60_000
/** Jenkins keeps 500 + 500 characters of a passing case and 50,000 + 50,000 of a failing one. */
const MAXIMUM_TEXT = 40_000

export const junitReporter: Reporter = {
  name: 'junit',
  async write(report, _gate, output) {
    await output.write('junit.xml', renderJunit(report))
  },
}

/** The whole document; detail is taken away in steps until it is below 30 MB. */
export function renderJunit(report: Report): string {
  const checks = report.cells.reduce((sum, { verdict }) => sum + verdict.checksRun.length, 0)
  const levels = [
    { checks: checks <= MAXIMUM_CASES, text: MAXIMUM_TEXT },
    { checks: false, text: 8000 },
    { checks: false, text: 2500 },
    { checks: false, text: 600 },
  ]
  const long = report.cells.filter(({ verdict }) => verdict.outcome !== 'pass').length
  const likely = levels.filter(({ text }) => long * text < MAXIMUM_BYTES)
  let xml = ''
  for (const level of likely.length > 0 ? likely : levels.slice(-1)) {
    xml = buildXml(report, level)
    if (Buffer.byteLength(xml) < MAXIMUM_BYTES) return xml
  }
  return xml
}

interface Level {
  readonly checks: boolean
  readonly text: number
}

function buildXml(report: Report, level: Level): string {
  const builder = builders.newBuilder().name(clean(`ringzero ${report.matrix.id}`))
  const index = indexReport(report)
  for (const cell of report.cells) addSuite(builder.testSuite(), report, index, cell, level)
  return builder.build()
}

function addSuite(
  suite: TestSuite,
  report: Report,
  index: ReportIndex,
  cell: ReportedCell,
  level: Level,
): void {
  const { planned, verdict } = cell
  const started = Math.min(
    ...[...verdict.attempts, ...index.controls(cell)].map(({ startedAt }) => startedAt),
    report.run.endedAt ?? Infinity,
  )
  const at = Number.isFinite(started) ? started : report.run.startedAt
  const classname = clean(`${undotted(report.matrix.id)}.${undotted(planned.id)}`)
  suite
    .name(clean(planned.id))
    .timestamp(formatInstant(at).replace(/\.\d+Z$/, ''))
    .time(secondsOf(verdict))
  nameHost(suite, clean(verdict.attempts.at(-1)?.host ?? planned.provider))
  for (const [axis, value] of Object.entries(planned.configuration)) suite.property(clean(axis), clean(value))
  suite.property('candidate.sha256', clean(report.candidate.sha256))
  suite.property('outcome', verdict.outcome)
  suite.property('blame', verdict.blame)
  if (verdict.waiver !== undefined)
    suite.property(
      'waiver',
      clean(`${verdict.waiver.id} until ${verdict.waiver.expires} ${verdict.waiver.ticket}`),
    )
  const main = suite.testCase().className(classname).name('verdict').time(secondsOf(verdict))
  fillVerdict(main, index, cell, level)
  if (!level.checks) return
  for (const check of verdict.checksRun) {
    const symptoms = verdict.symptoms.filter(
      ({ source, severity }) => source === check && severity === 'fail',
    )
    const testCase = suite.testCase().className(classname).name(clean(check)).time(0)
    if (verdict.outcome !== 'fail' || symptoms.length === 0) continue
    const message = clean(`${blameWord(verdict)} ${symptoms[0]?.summary ?? ''}`)
    if (verdict.waiver === undefined) testCase.failure(message, symptoms[0]?.class).stacktrace(message)
    else addSkipped(testCase, message)
  }
}

function fillVerdict(testCase: TestCase, index: ReportIndex, cell: ReportedCell, level: Level): void {
  const { verdict } = cell
  const message = clean(`${blameWord(verdict)} ${verdict.because}`)
  const text = fitted(`${message}\n${describeCell(cell, index.controls(cell))}`, level.text)
  const type = verdict.symptoms[0]?.class ?? `infra.${verdict.blame}`
  testCase.standardOutput([...attachments(index, cell), message].join('\n'))
  switch (verdict.outcome) {
    case 'pass':
    case 'warn':
      testCase.standardOutput(clean(message))
      for (const attempt of verdict.attempts.filter(({ end }) => end !== 'completed'))
        addElement(
          testCase,
          'flakyFailure',
          clean(`[infra] attempt ${attempt.attempt} ended as ${attempt.end}`),
          `infra.${clean(attempt.end)}`,
        )
      break
    case 'fail':
      if (verdict.waiver !== undefined) {
        addSkipped(
          testCase,
          clean(`waived until ${verdict.waiver.expires} ${verdict.waiver.ticket}: ${message}`),
        )
        break
      }
      testCase.failure(message, type).stacktrace(text)
      for (const attempt of verdict.attempts.slice(1))
        addElement(
          testCase,
          'rerunFailure',
          clean(`attempt ${attempt.attempt}: ${attempt.symptoms.join(', ') || attempt.end}`),
          type,
        )
      break
    default:
      testCase.error(message, verdict.symptoms[0] === undefined ? `infra.${verdict.outcome}` : type, text)
  }
}

/** Relative to the report folder; GitLab takes the first only, so the screen comes first. */
function attachments(index: ReportIndex, cell: ReportedCell): string[] {
  return index
    .evidence(cell)
    .toSorted((a, b) => Number(b.mediaType.startsWith('image/')) - Number(a.mediaType.startsWith('image/')))
    .slice(0, 20)
    .map(({ path }) => `[[ATTACHMENT|../${clean(path).replaceAll(']', '')}]]`)
}

function secondsOf({ attempts }: Verdict): number {
  const total = attempts.reduce(
    (sum, { startedAt, endedAt }) => sum + Math.max(0, (endedAt ?? startedAt) - startedAt),
    0,
  )
  return Math.round(total) / 1000
}

/** One line that fits Azure DevOps' 512 characters. */
function clean(text: string): string {
  return splitless(oneLine(text.slice(0, 2000), 300))
}

function fitted(text: string, maximum: number): string {
  // Cut before it is cleaned: what is not kept costs nothing.
  const safe = splitless(printable(text.slice(0, maximum * 2)))
  return safe.length <= maximum ? safe : `${bounded(safe, maximum / 2)}\n${boundedTail(safe, maximum / 4)}`
}

/** The builder ends only the first of several CDATA ends in a text properly: leave none. */
function splitless(text: string): string {
  return text.replaceAll(']]>', ']] >')
}

/** Jenkins splits class names at dots. */
function undotted(name: string): string {
  return name.replaceAll('.', '_')
}
