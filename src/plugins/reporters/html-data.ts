/** What the page draws: the report, with the evidence that fits into one file. */
import { printable } from '../../kit/text.ts'
import { leadingSuspects } from '../../model/leading-suspects.ts'
import type { EvidenceRecord, Gate, Report } from '../../model/report.ts'
import type { PageCell, PageEvidence, ReportPage } from '../../model/report-page.ts'
import type { OutputFolder } from '../../sdk/reporter.ts'

/** Beyond this many bytes of embedded pictures and text the page only links. */
const EMBEDDED_BYTES = 12_000_000
const PICTURE_BYTES = 1_500_000
const TAIL_BYTES = 24_000
/** Above this many cells the phases of those that passed are left to report.json. */
const BRIEF_CELLS = 2000
const PNG_MAGIC = Buffer.from([0x89, 0x50, 0x4e, 0x47])

/** Reads the evidence of cells that did not pass until the budget is spent, failing cells first. */
export async function htmlData(report: Report, gate: Gate, output: OutputFolder): Promise<ReportPage> {
  const { evidence: _, ...rest } = report
  const leading = leadingSuspects(report.suspects)
  const brief = report.cells.length > BRIEF_CELLS
  return {
    report: {
      ...rest,
      suspects: [...leading, ...report.suspects.filter((suspect) => !leading.includes(suspect))],
      cells: report.cells.map((cell) => pageCell(cell, brief)),
      controls: brief ? report.controls.map((control) => ({ ...control, phases: [] })) : report.controls,
    },
    gate,
    leadingSuspects: leading.length,
    evidence: Object.fromEntries(await pageEvidence(report, output)),
  }
}

/** Where the page must be brief, cells that passed come without the phases of their attempts. */
function pageCell({ planned, verdict }: Report['cells'][number], brief: boolean): PageCell {
  const { id, stage, configuration, purpose } = planned
  const attempts =
    brief && verdict.outcome === 'pass'
      ? verdict.attempts.map((attempt) => ({ ...attempt, phases: [] }))
      : verdict.attempts
  return { planned: { id, stage, configuration, purpose }, verdict: { ...verdict, attempts } }
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
