/** The evidence that the report page shows: pictures and serial lines of cells that did not pass, and links to all other files. */
import { printable } from '../../kit/text.ts'
import { attemptId } from '../../model/attempt-id.ts'
import type { EvidenceRecord, Report } from '../../model/report.ts'
import type { PageEvidence } from '../../model/report-page.ts'
import type { OutputFolder } from '../../sdk/reporter.ts'

/** Beyond this many bytes of embedded pictures and text the page only links. */
const EMBEDDED_BYTES = 12_000_000
const PICTURE_BYTES = 1_500_000
/** Two starts of a machine under emulation. */
const TEXT_BYTES = 96_000
/** Serial lines, panics, and what a debugger says of a dump. */
const SHOWN_TEXT = /serial|panic|^dump-.*\.txt$/
const PNG_MAGIC = Buffer.from([0x89, 0x50, 0x4e, 0x47])
const ORDER = ['fail', 'inconclusive', 'warn', 'not-run', 'pass']

/** Evidence of each attempt, by the attempt's id. */
export type EvidenceByAttempt = ReadonlyMap<string, readonly PageEvidence[]>

/** Reads the evidence of cells that did not pass until the budget is spent, failing cells first. */
export async function embedEvidence(
  report: Report,
  output: Pick<OutputFolder, 'evidence'>,
): Promise<EvidenceByAttempt> {
  const outcomes = new Map(report.cells.map(({ verdict }) => [verdict.cell, verdict.outcome]))
  // The control of a cell that failed may have been made for a cell that passed.
  const wanted = new Set(
    report.cells
      .filter(({ verdict }) => verdict.outcome !== 'pass')
      .flatMap(({ verdict: { cell, attempts, control } }) => [
        ...attempts.map((attempt) => attemptId({ ...attempt, cell })),
        ...control.attempts,
      ]),
  )
  const rank = ({ cell }: EvidenceRecord): number => ORDER.indexOf(outcomes.get(cell) ?? 'pass')
  const found = new Map<string, PageEvidence[]>()
  let left = EMBEDDED_BYTES
  for (const record of report.evidence.toSorted((a, b) => rank(a) - rank(b))) {
    const key = attemptId(record)
    const embedded = left > 0 && wanted.has(key) ? await embed(record, output) : {}
    left -= (embedded.image?.length ?? 0) + (embedded.text?.length ?? 0)
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
    const known = found.get(key)
    if (known === undefined) found.set(key, [entry])
    else known.push(entry)
  }
  return found
}

async function embed(
  record: EvidenceRecord,
  output: Pick<OutputFolder, 'evidence'>,
): Promise<Pick<PageEvidence, 'image' | 'text'>> {
  if (record.mediaType === 'image/png' && record.bytes <= PICTURE_BYTES) {
    const data = await output.evidence(record.path, PICTURE_BYTES)
    return data?.subarray(0, 4).equals(PNG_MAGIC) === true
      ? { image: `data:image/png;base64,${data.toString('base64')}` }
      : {}
  }
  if (!record.mediaType.startsWith('text/') || !SHOWN_TEXT.test(record.name)) return {}
  const data = await output.evidence(record.path, TEXT_BYTES)
  return data === undefined ? {} : { text: printable(data.toString('utf8')) }
}

/** A link from the report folder; only plain relative paths of the run folder get one. */
function hrefOf(path: string): string | undefined {
  const parts = path.split('/')
  if (path.startsWith('/') || parts.some((part) => part === '' || part === '.' || part === '..'))
    return undefined
  return `../${parts.map(encodeURIComponent).join('/')}`
}
