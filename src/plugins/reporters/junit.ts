/**
 * junit.xml, as its readers show it: one flat suite a cell and one case for it, both named by the cell's configuration, so that
 * names stay from run to run; further cases only for checks that failed or could not look. A view: the gate is the exit code.
 */
import { join } from 'node:path'
import { hashJson } from '../../kit/hash.ts'
import sharedBuilder from 'junit-report-builder'
import type { Builder, TestCase, TestSuite } from 'junit-report-builder'
import { formatInstant } from '../../kit/clock.ts'
import { pauser } from '../../kit/pause.ts'
import { leadingSuspects, suspectsOfCell } from '../../model/leading-suspects.ts'
import type { Report, Suspect } from '../../model/report.ts'
import { indexReport, type ReportIndex } from '../../model/report-index.ts'
import { isDecided, type Verdict } from '../../model/verdict.ts'
import type { Reporter } from '../../sdk/reporter.ts'
import { describeCell } from './describe-cell.ts'
import { addElement, addOutput, addSkipped, nameHost, setFile } from './junit-extensions.ts'
import {
  attachmentBase,
  attachmentPath,
  junitFileName,
  profileOf,
  type JunitProfile,
  type JunitWarning,
} from './junit-profile.ts'
import { blockText, lineText } from './junit-text.ts'
import { configurationText } from '../../model/configuration-text.ts'
import type { Shard } from '../../model/shard.ts'
import { shardText } from '../../model/shard-text.ts'
import { spellValues } from '../../model/spelling.ts'
import { blameWord } from './outcome-words.ts'

type ReportedCell = Report['cells'][number]

/** Its types describe an ES module, what Node loads is CommonJS: the import is the shared builder itself. */
const builders = sharedBuilder as unknown as Builder

/** GitLab refuses files over 30 MB; its element limit broke reports of 250,000 objects. */
const MAXIMUM_BYTES = 25_000_000
const MAXIMUM_CASES = 20_000
/** Cells that are built at once; the builder keeps a tree of them in memory. */
const CELLS_AT_ONCE = 500
/** Jenkins keeps 50,000 + 50,000 characters of a failing case. */
const MAXIMUM_TEXT = 40_000
/** Suspects of one cell that are told with it. */
const SUSPECTS_TOLD = 4
/** GitLab keeps 255 characters of a name, Azure DevOps 512; the check's name stands behind the configuration. */
const LONGEST_NAME = 160
const LONGEST_CHECK = 80

export interface JunitOptions {
  /** Default: the reader of the CI system that this process runs in. */
  readonly profile?: JunitProfile
  /** Default `skipped`: a reader shows it, and no build fails by it. */
  readonly warn?: JunitWarning
}

/** The reporter `junit`. It writes junit.xml and, past a size that readers refuse, junit-2.xml and so on. */
export function junitReporter(options: JunitOptions = {}): Reporter {
  return {
    name: 'junit',
    async write(report, _gate, output, ctx) {
      const profile = options.profile ?? profileOf(process.env)
      const base = attachmentBase(profile, process.env, process.cwd())
      const reader: JunitReader = {
        warn: options.warn ?? 'skipped',
        attachment: (path) => attachmentPath(profile, base, join(output.runFolder, path)),
      }
      const pause = pauser(ctx.signal)
      let ordinal = 0
      for (const xml of junitDocuments(report, reader)) {
        ordinal += 1
        await output.write(junitFileName(profile, ordinal), xml)
        await pause()
      }
    },
  }
}

export interface JunitReader {
  readonly warn: JunitWarning
  /** A file of the run folder as the reader finds it; undefined: it cannot. */
  attachment(path: string): string | undefined
}

const PLAIN: JunitReader = { warn: 'skipped', attachment: (path) => `../${path}` }

/** The whole report as one document, whatever its size; for reports that are known to be small. */
export function renderJunit(report: Report, reader: JunitReader = PLAIN): string {
  return document(report, [...suitesOf(report, reader)])
}

/** The documents of a report, each below the limits of its readers. */
export function* junitDocuments(report: Report, reader: JunitReader): Generator<string> {
  let part: Suites[] = []
  let [bytes, cases] = [0, 0]
  for (const suites of suitesOf(report, reader)) {
    if (part.length > 0 && (bytes + suites.bytes > MAXIMUM_BYTES || cases + suites.tests > MAXIMUM_CASES)) {
      yield document(report, part)
      part = []
      bytes = 0
      cases = 0
    }
    part.push(suites)
    bytes += suites.bytes
    cases += suites.tests
  }
  yield document(report, part)
}

/** Some finished suites with what the root element counts. */
interface Suites {
  readonly xml: string
  readonly bytes: number
  readonly tests: number
  readonly failures: number
  readonly errors: number
}

function* suitesOf(report: Report, reader: JunitReader): Generator<Suites> {
  const index = indexReport(report)
  const leading = leadingSuspects(report.suspects)
  const undecided = report.cells.filter(({ verdict }) => verdict.outcome !== 'pass').length
  // Thousands of failing cells say what they say shorter: no reader takes a file of hundreds of megabytes.
  const text = Math.max(600, Math.min(MAXIMUM_TEXT, Math.floor((4 * MAXIMUM_BYTES) / Math.max(1, undecided))))
  const names = namesOf(report)
  const shards = new Map((report.shards ?? []).flatMap((shard) => shard.cells.map((id) => [id, shard])))
  if (report.run.shard !== undefined) {
    const builder = builders.newBuilder()
    addPartNotice(builder.testSuite(), report, report.run.shard)
    yield innerSuites(builder.build())
  }
  for (let at = 0; at < report.cells.length; at += CELLS_AT_ONCE) {
    const builder = builders.newBuilder()
    for (const cell of report.cells.slice(at, at + CELLS_AT_ONCE))
      addSuite(
        builder.testSuite(),
        {
          report,
          leading,
          index,
          reader,
          text,
          name: names.get(cell.planned.id) ?? '',
          shard: shards.get(cell.planned.id),
        },
        cell,
      )
    yield innerSuites(builder.build())
  }
}

function innerSuites(xml: string): Suites {
  const head = /<testsuites[^>]*>/.exec(xml)
  const count = (name: string): number =>
    Number(new RegExp(`${name}="(\\d+)"`).exec(head?.[0] ?? '')?.[1] ?? 0)
  const inner = head === null ? '' : xml.slice(head.index + head[0].length, xml.lastIndexOf('</testsuites>'))
  return {
    xml: inner,
    bytes: Buffer.byteLength(inner),
    tests: count('tests'),
    failures: count('failures'),
    errors: count('errors'),
  }
}

/** The builder's own root has `skipped`, which Jenkins' xunit plugin refuses, and no time. */
function document({ matrix, run }: Report, parts: readonly Suites[]): string {
  const sum = (name: 'tests' | 'failures' | 'errors'): number =>
    parts.reduce((total, part) => total + part[name], 0)
  const seconds = Math.max(0, (run.endedAt ?? run.startedAt) - run.startedAt) / 1000
  const part = run.shard === undefined ? '' : ` shard ${shardText(run.shard)}`
  const name = lineText(`ringzero ${matrix.id}${part}`).replace(
    /[&<>"]/g,
    (sign) => `&#${sign.charCodeAt(0)};`,
  )
  return `<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="${name}" time="${seconds.toFixed(3)}" tests="${sum('tests')}" failures="${sum('failures')}" errors="${sum('errors')}">${parts.map(({ xml }) => xml).join('')}</testsuites>
`
}

/** Every cell by its configuration; equal names (the same configuration in two stages) get the cell's id. */
function namesOf(report: Report): ReadonlyMap<string, string> {
  const names = report.cells.map(({ planned }) => [planned.id, configurationName(report, planned)] as const)
  const times = new Map<string, number>()
  for (const [, name] of names) times.set(name, (times.get(name) ?? 0) + 1)
  return new Map(
    names.map(([id, name]) => [id, (times.get(name) ?? 0) > 1 ? `${name} (${lineText(id)})` : name]),
  )
}

function configurationName(report: Report, { id, configuration }: ReportedCell['planned']): string {
  const text = lineText(configurationText(spellValues(report.matrix.axes, configuration)))
  return text === '' ? lineText(id) : shortened(text, LONGEST_NAME, configuration)
}

/**
 * The text; a text of more bytes is cut and ends in ten characters with a hash of what it stands for, so that two stay apart. Bytes,
 * since Jenkins names folders by it, and a name of a folder has 255.
 */
function shortened(text: string, longest: number, meaning: unknown): string {
  if (Buffer.byteLength(text) <= longest) return text
  let kept = ''
  let bytes = 10
  for (const character of text) {
    bytes += Buffer.byteLength(character)
    if (bytes > longest) break
    kept += character
  }
  return `${kept}… ${hashJson(meaning).slice(0, 8)}`
}

interface Surroundings {
  readonly report: Report
  /** Suspects that a person reads first. */
  readonly leading: readonly Suspect[]
  readonly index: ReportIndex
  readonly reader: JunitReader
  /** Characters that one case may say. */
  readonly text: number
  readonly name: string
  /** The shard of a merged run that had the cell. */
  readonly shard: NonNullable<Report['shards']>[number] | undefined
}

/** A shard without a failure is green in a reader, and green is read as good: one case says that it decides nothing. */
function addPartNotice(suite: TestSuite, { matrix }: Report, shard: Shard): void {
  const name = `shard ${lineText(shardText(shard))}`
  suite.name(name).time(0)
  const testCase = suite
    .testCase()
    .className(`ringzero.${undotted(matrix.id)}`)
    .name(`${name} is a part of the run`)
    .time(0)
  addSkipped(
    testCase,
    shard.cells === undefined
      ? 'nothing is released by a shard: `ringzero merge` decides on all of them together'
      : 'nothing is released by a run of chosen cells',
  )
}

function addSuite(suite: TestSuite, around: Surroundings, cell: ReportedCell): void {
  const { report, name } = around
  const { planned, verdict } = cell
  // A control that other runs measured may be days old.
  const starts = verdict.attempts.map(({ startedAt }) => startedAt)
  const started = Math.min(...starts, report.run.endedAt ?? Infinity)
  const at = Number.isFinite(started) ? Math.max(started, report.run.startedAt) : report.run.startedAt
  const classname = `ringzero.${undotted(report.matrix.id)}`
  suite
    .name(name)
    .timestamp(formatInstant(at).replace(/\.\d+Z$/, ''))
    .time(secondsOf(verdict))
  // A cell that never ran has no host.
  const host = verdict.attempts.at(-1)?.host
  if (host !== undefined) nameHost(suite, lineText(host))
  setFile(suite, around.reader.attachment('report/index.html') ?? 'index.html')
  suite.property('cell', lineText(planned.id))
  for (const [axis, value] of Object.entries(spellValues(report.matrix.axes, planned.configuration)))
    suite.property(lineText(axis), lineText(value))
  if (around.shard !== undefined) {
    suite.property('shard', lineText(around.shard.name))
    suite.property('runner', lineText(around.shard.runners.join(', ')))
  }
  suite.property('candidate.sha256', lineText(report.candidate.sha256))
  suite.property('outcome', verdict.outcome)
  suite.property('blame', verdict.blame)
  // Readers keep one property of a name.
  for (const [place, { values, support, failure }] of suspectsOfCell(around.leading, cell)
    .slice(0, SUSPECTS_TOLD)
    .entries())
    suite.property(
      place === 0 ? 'suspect' : `suspect.${place + 1}`,
      lineText(
        `${configurationText(spellValues(report.matrix.axes, values), ' × ')} (${support}) of ${failure}`,
      ),
    )
  if (verdict.waiver !== undefined)
    suite.property(
      'waiver',
      lineText(`${verdict.waiver.id} until ${verdict.waiver.expires} ${verdict.waiver.ticket}`),
    )
  const main = suite.testCase().className(classname).name(name).time(secondsOf(verdict))
  fillVerdict(main, around, cell)
  for (const { check, message, failure } of checkCases(verdict)) {
    const testCase = suite
      .testCase()
      .className(classname)
      .name(`${name} · ${shortened(lineText(check), LONGEST_CHECK, check)}`)
      .time(0)
    if (failure !== undefined && verdict.waiver === undefined)
      testCase.failure(message, failure).stacktrace(message)
    else addSkipped(testCase, message)
  }
}

/**
 * Checks that have something to say: those that failed in a failing cell, and those that could not look in a judged one. The first
 * failure is the cell's own case: told as one of its check too, readers would count it twice.
 */
function checkCases(
  verdict: Verdict,
): readonly { readonly check: string; readonly message: string; readonly failure?: string }[] {
  if (!isDecided(verdict)) return []
  const failed =
    verdict.outcome === 'fail'
      ? verdict.checksRun.flatMap((check) => {
          const symptom = verdict.symptoms
            .slice(1)
            .find(({ source, severity }) => source === check && severity === 'fail')
          if (symptom === undefined) return []
          const message = lineText(`${blameWord(verdict)} ${symptom.summary}`)
          return [{ check, message, failure: symptom.class }]
        })
      : []
  const blind = [...new Map(verdict.blind.map((entry) => [entry.subject, entry])).values()]
  return [
    ...failed,
    ...blind
      .filter(({ subject }) => !failed.some(({ check }) => check === subject))
      .map(({ subject, reason }) => ({
        check: subject,
        message: lineText(`could not look: ${reason}`),
      })),
  ]
}

function fillVerdict(testCase: TestCase, around: Surroundings, cell: ReportedCell): void {
  const { index, reader } = around
  const { verdict } = cell
  const message = lineText(`${blameWord(verdict)} ${verdict.because}`)
  const text = blockText(
    `${message}\n${describeCell(cell, index.controls(cell), around.report.matrix.axes)}`,
    around.text,
  )
  const type = verdict.symptoms[0]?.class ?? `infra.${verdict.blame}`
  // A run that somebody stopped makes no cell flaky.
  const lost = verdict.attempts.filter(({ end }) => end !== 'completed' && end !== 'interrupted')
  switch (verdict.outcome) {
    case 'pass':
    case 'warn':
      if (verdict.outcome === 'warn' && reader.warn === 'failure')
        testCase.failure(lineText(`[warn] ${verdict.because}`), type).stacktrace(text)
      if (verdict.outcome === 'warn' && reader.warn === 'skipped')
        addSkipped(testCase, lineText(`[warn] ${verdict.because}`))
      for (const attempt of lost)
        addElement(
          testCase,
          'flakyFailure',
          lineText(`[infra] attempt ${attempt.attempt} ended as ${attempt.end}`),
          `infra.${lineText(attempt.end)}`,
        )
      break
    case 'fail':
      if (verdict.waiver !== undefined) {
        const { id, expires, ticket, reason } = verdict.waiver
        addSkipped(
          testCase,
          lineText(`waived by ${id} until ${expires} ${ticket} (${reason}): ${verdict.because}`),
        )
        break
      }
      testCase.failure(message, type).stacktrace(text)
      // Only attempts that failed again: readers call the others flaky.
      for (const attempt of verdict.attempts.filter(({ symptoms }) => symptoms.length > 0).slice(1))
        addElement(
          testCase,
          'rerunFailure',
          lineText(`attempt ${attempt.attempt}: ${attempt.symptoms.join(', ')}`),
          type,
        )
      break
    default:
      testCase.error(message, verdict.symptoms[0] === undefined ? `infra.${verdict.outcome}` : type, text)
  }
  // What failed or was skipped has said its message.
  const said = verdict.outcome === 'pass' || verdict.outcome === 'warn' ? [message] : []
  const output = [...attachments(around, cell), ...said]
  if (output.length > 0) addOutput(testCase, output.join('\n'))
}

/** GitLab takes the first only, so the candidate's screen comes first; a file of some bytes shows nothing. */
function attachments({ index, reader }: Surroundings, cell: ReportedCell): string[] {
  return index
    .evidence(cell)
    .filter(({ bytes }) => bytes > 2)
    .toSorted((a, b) => placeOf(a) - placeOf(b))
    .slice(0, 20)
    .flatMap(({ path }) => {
      const found = reader.attachment(path)
      return found === undefined || /[[\]|\r\n]/.test(found) ? [] : [`[[ATTACHMENT|${found}]]`]
    })
}

function placeOf({ arm, mediaType }: Report['evidence'][number]): number {
  return (arm === 'candidate' ? 0 : 2) + (mediaType.startsWith('image/') ? 0 : 1)
}

function secondsOf({ attempts }: Verdict): number {
  const total = attempts.reduce(
    (sum, { startedAt, endedAt }) => sum + Math.max(0, (endedAt ?? startedAt) - startedAt),
    0,
  )
  return Math.round(total) / 1000
}

/** Jenkins splits class names at dots. */
function undotted(name: string): string {
  return lineText(name).replaceAll('.', '_')
}
