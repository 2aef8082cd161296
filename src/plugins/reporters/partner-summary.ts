/** summary.md of a partner: what his machines showed, in a form for a ticket. */
import { FOOTPRINT_WORDS } from '../../model/footprint-words.ts'
import { FOOTPRINT_PARTS } from '../../model/health.ts'
import type { PartnerReport } from '../../model/partner-report.ts'
import { inlineText } from './markdown-text.ts'
import { OUTCOMES, outcomeSign } from './outcome-words.ts'

/** A ticket takes no more; report.json has all. */
const MAXIMUM_ROWS = 200
const SIGNS = { compatible: '✅', incompatible: '⛔', inconclusive: '❔' } as const

/** CommonMark with GitHub's tables; every text is escaped so that it can draw nothing. `notes`: sentences on the report itself. */
export function renderPartnerSummary(report: PartnerReport, notes: readonly string[]): string {
  const { candidate, cells, notLookedAt, result } = report
  const counted = OUTCOMES.map(
    (outcome) => [outcome, cells.filter((cell) => cell.outcome === outcome).length] as const,
  )
    .filter(([, count]) => count > 0)
    .map(([outcome, count]) => `${outcomeSign(outcome)} ${count} ${outcome}`)
  const list = (title: string, lines: readonly string[]): string =>
    lines.length === 0
      ? ''
      : `## ${title}\n\n${lines.map((line) => `- ${inlineText(line, 2000)}`).join('\n')}`
  return `${[
    `# ${SIGNS[result]} ${result.toUpperCase()}: ${inlineText(candidate.title)} ${inlineText(candidate.release)}`,
    inlineText(report.because),
    counted.join(' · ') || 'no machines',
    `<sub>${inlineText(report.tlp)} · ${inlineText(report.id)} · candidate sha256 ${inlineText(candidate.sha256)}</sub>`,
    cellsTable(report),
    list('Your products in the kernel', healthLines(report)),
    list('What this report cannot have shown', notLookedAt),
    list('Notes', notes),
  ]
    .filter((section) => section !== '')
    .join('\n\n')}\n`
}

function healthLines({ health = [] }: PartnerReport): string[] {
  return health.flatMap(({ title, footprint }) =>
    FOOTPRINT_PARTS.flatMap((part) =>
      footprint[part].length === 0
        ? []
        : [`${title}, ${FOOTPRINT_WORDS[part]}: ${footprint[part].join(', ')}`],
    ),
  )
}

function cellsTable({ cells, axes }: PartnerReport): string {
  const worth = cells
    .filter(({ outcome }) => outcome !== 'pass')
    .sort((a, b) => OUTCOMES.indexOf(a.outcome) - OUTCOMES.indexOf(b.outcome))
  if (worth.length === 0) return ''
  const line = (texts: readonly string[]): string => `| ${texts.join(' | ')} |`
  const head = [
    'outcome',
    'cell',
    ...axes.map(({ title }) => title),
    'your products',
    'products of others',
    'why',
  ]
  const rows = worth
    .slice(0, MAXIMUM_ROWS)
    .map((cell) =>
      line([
        `${outcomeSign(cell.outcome)} ${cell.outcome}${cell.waived ? ' (waived)' : ''}`,
        ...[
          cell.id,
          ...axes.map(({ id, values }) => values.find((value) => value.id === cell.values[id])?.title ?? ''),
          cell.products.join(', '),
          cell.others.join(', '),
          cell.because,
        ].map((text) => inlineText(text)),
      ]),
    )
  const more = worth.length > rows.length ? `\n\n${worth.length - rows.length} more: see report.json` : ''
  return `## Machines that did not pass\n\n${[line(head.map((text) => inlineText(text))), line(head.map(() => '---')), ...rows].join('\n')}${more}`
}
