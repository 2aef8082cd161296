/** summary.md: what a person reads first, in a pull request or a job summary. */
import { durationText } from '../../kit/duration-text.ts'
import { oneLine } from '../../kit/text.ts'
import { leadingSuspects } from '../../model/leading-suspects.ts'
import type { Gate, Report } from '../../model/report.ts'
import type { Reporter } from '../../sdk/reporter.ts'
import { spellValues } from '../../model/spelling.ts'
import { configurationText } from '../../model/configuration-text.ts'
import { blameWord, OUTCOMES, outcomeSign } from './outcome-words.ts'

/** GitHub cuts a step summary at 1 MiB; the caller appends to what others wrote. */
const MAXIMUM_CELLS = 200
const MAXIMUM_BYTES = 900_000

export const markdownReporter: Reporter = {
  name: 'markdown',
  async write(report, gate, output) {
    await output.write('summary.md', renderMarkdown(report, gate))
  },
}

/** The summary as CommonMark with GitHub tables; text of guests and files is escaped so that it can draw nothing. */
export function renderMarkdown(report: Report, gate: Gate): string {
  const sections = [
    headline(report, gate),
    rulesTable(gate),
    suspectsSection(report),
    cellsTable(report),
    waiversSection(gate),
    listSection('What this run cannot have shown', report.coverage.gaps),
    listSection('Notes', report.notes),
  ]
  const text = `${sections.filter((section) => section !== '').join('\n\n')}\n`
  const bytes = Buffer.from(text)
  return bytes.length <= MAXIMUM_BYTES
    ? text
    : `${bytes
        .subarray(0, MAXIMUM_BYTES)
        .toString('utf8')
        .replace(/\n[^\n]*$/, '')}\n\n_The rest was cut; report.json has it all._\n`
}

function headline(report: Report, gate: Gate): string {
  const { run, candidate, matrix, counts } = report
  const decision = { release: '✅ RELEASE', hold: '⛔ HOLD', inconclusive: '❔ INCONCLUSIVE' }[gate.decision]
  const counted = OUTCOMES.filter((outcome) => counts[outcome] > 0)
    .map((outcome) => `${outcomeSign(outcome)} ${counts[outcome]} ${outcome}`)
    .join(' · ')
  const duration = run.endedAt === undefined ? '' : ` in ${durationText(run.endedAt - run.startedAt)}`
  return [
    `# ${decision}: ${escape(candidate.title)} ${escape(candidate.release)}`,
    escape(gate.because, 1000),
    `${counted || 'no cells'} — ${report.cells.length} cells of ${escape(matrix.title)}${duration}`,
    `<sub>run ${escape(run.id)} (${run.state}${run.simulated ? ', simulated' : ''}) · seed ${run.seed} · candidate sha256 ${escape(candidate.sha256)} · ringzero ${escape(report.tool.version)}</sub>`,
  ].join('\n\n')
}

function rulesTable(gate: Gate): string {
  const sign = { satisfied: '✓', violated: '✗', inconclusive: '?' }
  return table(
    `## Gate (policy ${escape(gate.policy)})`,
    ['', 'rule', 'value', 'criterion', 'over', 'explanation'],
    gate.rules.map((rule) => [
      sign[rule.result],
      escape(rule.title),
      rule.value === null ? '—' : String(Number(rule.value.toPrecision(4))),
      escape(rule.criterion),
      String(rule.population),
      escape(rule.explanation),
    ]),
  )
}

function suspectsSection({ suspects, matrix }: Report): string {
  const shown = leadingSuspects(suspects).slice(0, 20)
  const others = suspects.length - shown.length
  const rows = shown.map((suspect) => [
    String(suspect.rank),
    escape(configurationText(spellValues(matrix.axes, suspect.values))),
    suspect.support,
    `${suspect.explains} of ${suspect.failing} failing, ${suspect.passing} passing`,
    escape(suspect.because),
  ])
  const head = ['#', 'combination', 'support', 'explains', 'because']
  return table('## Suspects', head, rows) + (others === 0 ? '' : `\n\n${others} less likely: see report.json`)
}

function cellsTable(report: Report): string {
  const worth = report.cells
    .filter(({ verdict }) => verdict.outcome !== 'pass')
    .sort((a, b) => OUTCOMES.indexOf(a.verdict.outcome) - OUTCOMES.indexOf(b.verdict.outcome))
  const rows = worth
    .slice(0, MAXIMUM_CELLS)
    .map(({ planned, verdict }) => [
      `${outcomeSign(verdict.outcome)} ${verdict.outcome}${verdict.waiver === undefined ? '' : ' (waived)'}`,
      escape(planned.id),
      escape(configurationText(spellValues(report.matrix.axes, planned.configuration))),
      `${escape(blameWord(verdict))} ${escape(verdict.because)}`,
      verdict.recovery === undefined
        ? ''
        : `${escape(verdict.recovery.step)}${verdict.recovery.broughtBack ? '' : ' did not help'}`,
    ])
  const more = worth.length > rows.length ? `\n\n${worth.length - rows.length} more: see report.json` : ''
  const shown = table(
    '## Cells that did not pass',
    ['outcome', 'cell', 'configuration', 'why', 'recovered by'],
    rows,
  )
  return shown === '' ? '' : shown + more
}

function waiversSection(gate: Gate): string {
  return listSection(
    'Waivers',
    gate.waivers.map(
      ({ id, state, cells }) =>
        `${id}: ${state}${cells.length === 0 ? '' : ` (${cells.slice(0, 20).join(', ')})`}`,
    ),
  )
}

function listSection(title: string, lines: readonly string[]): string {
  return lines.length === 0
    ? ''
    : `## ${title}\n\n${lines
        .slice(0, 100)
        .map((line) => `- ${escape(line, 1000)}`)
        .join('\n')}`
}

function table(title: string, head: readonly string[], rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return ''
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
  return [title, '', line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')
}

/** One bounded line in which nothing is markup: no link, no table cell, no HTML, no mention. */
function escape(text: string, maximum = 400): string {
  // Cut before it is cleaned: cleaning ten megabytes to keep a line of it takes seconds.
  return oneLine(text.slice(0, maximum * 4), maximum)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replace(/[\\`*_{}[\]()#+!|~$]/g, (character) => `\\${character}`)
    .replaceAll('@', '@\u200b')
    .replace(/(https?|ftp|www)(?=[:.])/gi, '$1\u200b')
    .replace(/^(?=[-=]|\d+[.)])/, '\u200b')
}
