/**
 * junit.xml, in the common denominator of Jenkins, GitLab, Azure DevOps and the GitHub actions: one flat suite a cell, a
 * `verdict` case and one case a check, stable names, one system-out, the class as first word. A view: the gate is the exit code.
 */
import sharedBuilder from 'junit-report-builder'
import type { Builder, TestCase, TestSuite } from 'junit-report-builder'
import { boundedTail, oneLine, printable, bounded } from '../../kit/text.ts'
import { formatInstant } from '../../kit/clock.ts'
import { pauser } from '../../kit/pause.ts'
import type { Report } from '../../model/report.ts'
import { indexReport, type ReportIndex } from '../../model/report-index.ts'
import { spellValues } from '../../model/spelling.ts'
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
/** What the texts of all cells that did not pass may take together: a few files at most. */
const MAXIMUM_TEXTS = 120_000_000
const SHORTEST_TEXT = 600

export const junitReporter: Reporter = {
  name: 'junit',
  async write(report, _gate, output, ctx) {
    const pause = pauser(ctx.signal)
    let number = 0
    let part = new Part(report)
    const write = async (): Promise<void> => {
      number += 1
      // Jenkins, GitLab and Azure take `junit*.xml` for one report.
      await output.write(number === 1 ? 'junit.xml' : `junit-${number}.xml`, part.pieces())
      part = new Part(report)
    }
    for (const suite of suites(report)) {
      if (part.suites > 0 && part.bytes + suite.bytes > MAXIMUM_BYTES) await write()
      part.add(suite)
      await pause()
    }
    if (part.suites > 0 || number === 0) await write()
  },
}

/** The whole report as one document, of whatever size. */
export function renderJunit(report: Report): string {
  const part = new Part(report)
  for (const suite of suites(report)) part.add(suite)
  return [...part.pieces()].join('')
}

interface Suite {
  readonly xml: string
  readonly bytes: number
  readonly counts: Readonly<Record<Counted, number>>
}

const COUNTED = ['tests', 'failures', 'errors', 'skipped'] as const
type Counted = (typeof COUNTED)[number]

/** One file: never more than its suites in memory, whose counts its first line has to name. */
class Part {
  readonly #name: string
  readonly #suites: string[] = []
  readonly #counts: Record<Counted, number> = { tests: 0, failures: 0, errors: 0, skipped: 0 }
  bytes = 0

  constructor({ matrix }: Report) {
    this.#name = clean(`ringzero ${matrix.id}`)
  }

  get suites(): number {
    return this.#suites.length
  }

  add({ xml, bytes, counts }: Suite): void {
    this.#suites.push(xml)
    this.bytes += bytes
    for (const name of COUNTED) this.#counts[name] += counts[name]
  }

  *pieces(): Generator<string> {
    const empty = builders.newBuilder().name(this.#name).build()
    const { opening } = parted(empty)
    yield COUNTED.reduce(
      (text, name) => text.replace(` ${name}="0"`, () => ` ${name}="${this.#counts[name]}"`),
      opening,
    )
    for (const xml of this.#suites) yield `\n  ${xml}`
    yield '\n</testsuites>'
  }
}

/** A suite for each cell, one after the other: a document object of them all would take gigabytes. */
function* suites(report: Report): Generator<Suite> {
  const index = indexReport(report)
  const level = levelOf(report)
  for (const cell of report.cells) {
    const builder = builders.newBuilder()
    addSuite(builder.testSuite(), report, index, cell, level)
    const { opening, content } = parted(builder.build())
    const count = (name: Counted): number => Number(new RegExp(` ${name}="(\\d+)"`).exec(opening)?.[1] ?? 0)
    yield {
      xml: content,
      bytes: Buffer.byteLength(content) + 3,
      counts: {
        tests: count('tests'),
        failures: count('failures'),
        errors: count('errors'),
        skipped: count('skipped'),
      },
    }
  }
}

/** A document of the builder: all up to the end of the root's start tag, and what stands in the root. */
function parted(xml: string): { readonly opening: string; readonly content: string } {
  const root = xml.indexOf('<testsuites')
  const end = xml.indexOf('>', root)
  const opening = xml.slice(0, end + 1)
  if (opening.endsWith('/>')) return { opening: `${opening.slice(0, -2)}>`, content: '' }
  return { opening, content: xml.slice(end + 1, xml.lastIndexOf('</testsuites>')).trim() }
}

interface Level {
  /** Whether each check is a case of its own. */
  readonly checks: boolean
  /** Characters of the text of a cell that did not pass. */
  readonly text: number
}

/** As much detail as the readers take. */
function levelOf({ cells }: Report): Level {
  const checks = cells.reduce((sum, { verdict }) => sum + verdict.checksRun.length, 0)
  const long = cells.filter(({ verdict }) => verdict.outcome !== 'pass').length
  return {
    checks: checks <= MAXIMUM_CASES,
    text: Math.max(SHORTEST_TEXT, Math.min(MAXIMUM_TEXT, Math.floor(MAXIMUM_TEXTS / Math.max(1, long)))),
  }
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
  for (const [axis, value] of Object.entries(spellValues(report.matrix.axes, planned.configuration)))
    suite.property(clean(axis), clean(value))
  suite.property('candidate.sha256', clean(report.candidate.sha256))
  suite.property('outcome', verdict.outcome)
  suite.property('blame', verdict.blame)
  if (verdict.waiver !== undefined)
    suite.property(
      'waiver',
      clean(`${verdict.waiver.id} until ${verdict.waiver.expires} ${verdict.waiver.ticket}`),
    )
  const main = suite.testCase().className(classname).name('verdict').time(secondsOf(verdict))
  fillVerdict(main, report, index, cell, level)
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

function fillVerdict(
  testCase: TestCase,
  report: Report,
  index: ReportIndex,
  cell: ReportedCell,
  level: Level,
): void {
  const { verdict } = cell
  const message = clean(`${blameWord(verdict)} ${verdict.because}`)
  const text = fitted(
    `${message}\n${describeCell(cell, index.controls(cell), report.matrix.axes)}`,
    level.text,
  )
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
