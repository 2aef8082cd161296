/** What the page draws: the report in one flat, small shape, with the evidence that fits into it. */
import { printable } from '../../kit/text.ts'
import { leadingSuspects } from '../../model/leading-suspects.ts'
import type { EvidenceRecord, Gate, Report } from '../../model/report.ts'
import type { AttemptSummary } from '../../model/verdict.ts'
import type { OutputFolder } from '../../sdk/reporter.ts'

/** Beyond this many bytes of embedded pictures and text the page only links. */
const EMBEDDED_BYTES = 12_000_000
const PICTURE_BYTES = 1_500_000
const TAIL_BYTES = 24_000
/** Above this many cells the phases of those that passed are left to report.json. */
const BRIEF_CELLS = 2000
const PNG_MAGIC = Buffer.from([0x89, 0x50, 0x4e, 0x47])

export interface PageEvidence {
  readonly id: string
  readonly name: string
  readonly arm: string
  readonly attempt: number
  readonly phase: string
  readonly bytes: number
  readonly cut: boolean
  /** Relative to the report folder; absent when the path is not one of ours. */
  readonly href?: string
  /** A data: URI. */
  readonly image?: string
  readonly tail?: string
}

/** Reads the evidence of cells that did not pass until the budget is spent, failing cells first. */
export async function htmlData(report: Report, gate: Gate, output: OutputFolder): Promise<unknown> {
  const evidence = await pageEvidence(report, output)
  const brief = report.cells.length > BRIEF_CELLS
  const leading = leadingSuspects(report.suspects)
  const checkSets = [...new Set(report.cells.map(({ verdict }) => verdict.checksRun.join()))]
  return {
    checkSets,
    tool: report.tool,
    run: report.run,
    matrix: report.matrix,
    candidate: report.candidate,
    stages: report.stages.map(({ title, state, cells }) => ({ title, state, cells: cells.length })),
    counts: report.counts,
    suspects: [...leading, ...report.suspects.filter((suspect) => !leading.includes(suspect))],
    leadingSuspects: leading.length,
    coverage: report.coverage,
    hosts: report.hosts,
    notes: report.notes,
    gate,
    cells: report.cells.map(({ planned, verdict }) => ({
      id: planned.id,
      stage: planned.stage,
      configuration: planned.configuration,
      outcome: verdict.outcome,
      blame: verdict.blame,
      because: verdict.because,
      symptoms: verdict.symptoms,
      preExisting: verdict.preExisting,
      failing: verdict.failing,
      valid: verdict.valid,
      rateLow: verdict.rateLow,
      rateHigh: verdict.rateHigh,
      control: verdict.control,
      attempts: verdict.attempts.map((attempt) => shortAttempt(attempt, brief && verdict.outcome === 'pass')),
      recovery: verdict.recovery,
      waiver: verdict.waiver,
      checks: checkSets.indexOf(verdict.checksRun.join()),
      blind: verdict.blind,
      evidence: evidence.get(planned.id) ?? [],
    })),
  }
}

/** Phases as [name, start, length or null, end], times in milliseconds from the start of the attempt: most of the page's data. */
function shortAttempt(attempt: AttemptSummary, brief: boolean): unknown {
  const { arm, end, host, startedAt, endedAt, milestone, invalid } = attempt
  const phases = (brief ? [] : attempt.phases).map((entry) => [
    entry.phase,
    entry.startedAt - startedAt,
    entry.endedAt === undefined ? null : entry.endedAt - entry.startedAt,
    entry.end,
  ])
  const length = endedAt === undefined ? undefined : endedAt - startedAt
  return { arm, attempt: attempt.attempt, end, host, length, milestone, invalid, phases }
}

async function pageEvidence(report: Report, output: OutputFolder): Promise<Map<string, PageEvidence[]>> {
  const order = new Map(report.cells.map(({ verdict }) => [verdict.cell, verdict.outcome]))
  const rank = ({ cell }: EvidenceRecord): number =>
    ['fail', 'inconclusive', 'warn', 'not-run', 'pass'].indexOf(order.get(cell) ?? 'pass')
  const found = new Map<string, PageEvidence[]>()
  let left = EMBEDDED_BYTES
  for (const record of [...report.evidence].sort((a, b) => rank(a) - rank(b))) {
    const embedded = order.get(record.cell) === 'pass' || left <= 0 ? {} : await embed(record, output)
    left -= (embedded.image?.length ?? 0) + (embedded.tail?.length ?? 0)
    const { id, name, arm, attempt, phase, bytes, cut } = record
    const href = hrefOf(record.path)
    const entry = {
      id,
      name,
      arm,
      attempt,
      phase,
      bytes,
      cut,
      ...(href === undefined ? {} : { href }),
      ...embedded,
    }
    const known = found.get(record.cell)
    if (known === undefined) found.set(record.cell, [entry])
    else known.push(entry)
  }
  return found
}

async function embed(
  record: EvidenceRecord,
  output: OutputFolder,
): Promise<{ readonly image?: string; readonly tail?: string }> {
  if (record.mediaType === 'image/png' && record.bytes <= PICTURE_BYTES) {
    const data = await output.evidence(record.path, PICTURE_BYTES)
    return data?.subarray(0, 4).equals(PNG_MAGIC) === true
      ? { image: `data:image/png;base64,${data.toString('base64')}` }
      : {}
  }
  if (!record.mediaType.startsWith('text/') || !record.name.includes('serial')) return {}
  const data = await output.evidence(record.path, TAIL_BYTES)
  return data === undefined ? {} : { tail: printable(data.toString('utf8')) }
}

/** A link from the report folder; only plain relative paths of the run folder get one. */
function hrefOf(path: string): string | undefined {
  const parts = path.split('/')
  if (path.startsWith('/') || parts.some((part) => part === '' || part === '.' || part === '..'))
    return undefined
  return `../${parts.map(encodeURIComponent).join('/')}`
}
