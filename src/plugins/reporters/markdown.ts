/** summary.md for the page of a job and github-comment.md for a pull request: the same sections, within the limits of each. */
import { durationText } from '../../kit/duration-text.ts'
import { configurationText } from '../../model/configuration-text.ts'
import { leadingSuspects } from '../../model/leading-suspects.ts'
import type { Gate, Report } from '../../model/report.ts'
import type { ReportProblem } from '../../model/report-problems.ts'
import { runCause, type RunCause } from '../../model/run-cause.ts'
import { shardText } from '../../model/shard-text.ts'
import { spellValues } from '../../model/spelling.ts'
import type { Reporter } from '../../sdk/reporter.ts'
import { codeText, inlineText } from './markdown-text.ts'
import { blameWord, OUTCOMES, outcomeSign } from './outcome-words.ts'

type ReportedCell = Report['cells'][number]

/** GitHub cuts a step summary at 1 MiB; the caller appends to what others wrote. */
const SUMMARY_BYTES = 900_000
/** GitHub refuses a comment of more than 65,536 characters. Bytes are never fewer, and a line end may be counted as two. */
const COMMENT_BYTES = 65_536
const MAXIMUM_ROWS = 200
/** Two line ends. */
const BETWEEN = 4

/** The reporter `markdown`. */
export const markdownReporter: Reporter = {
  name: 'markdown',
  async write(report, gate, output) {
    await output.write('summary.md', renderMarkdown(report, gate))
  },
}

/** The reporter `github-comment`. */
export const githubCommentReporter: Reporter = {
  name: 'github-comment',
  async write(report, gate, output) {
    await output.write('github-comment.md', renderGithubComment(report, gate))
  },
}

/** The summary as CommonMark with GitHub's tables; text of guests and files is escaped so that it can draw nothing. */
export function renderMarkdown(report: Report, gate: Gate): string {
  return fit(sections(report, gate), SUMMARY_BYTES)
}

/** The same as a comment. Its first line names it, so that who posts it finds the one of the last run and changes it. */
export function renderGithubComment(report: Report, gate: Gate): string {
  return fit([block(commentMarker(report)), ...sections(report, gate)], COMMENT_BYTES)
}

/** Invisible, and the same for every run of this matrix with this candidate, whatever its release. No guest can write `<`. */
export function commentMarker({ matrix, candidate }: Pick<Report, 'matrix' | 'candidate'>): string {
  const plain = (id: string): string => id.slice(0, 100).replace(/[^\w.]+/g, '-')
  return `<!-- ringzero matrix=${plain(matrix.id)} candidate=${plain(candidate.id)} -->`
}

function sections(report: Report, gate: Gate): readonly Block[] {
  const cause = runCause(report)
  return [
    block(headline(report, gate, cause)),
    problemsTable(report, cause.problems),
    suspectsTable(report),
    openCellsTable(report),
    rulesTable(gate),
    list('Waivers', waiverLines(gate)),
    shardsTable(report),
    list('Against the earlier run', earlierLines(report)),
    folded('What this run cannot have shown', report.coverage.gaps),
    folded('Notes', report.notes),
    block(footer(report)),
  ]
}

/** In the first line the decision, the suspect, the hardest fact and what brings machines back: a notification shows no more. */
function headline(report: Report, gate: Gate, { worst, suspect, recovery }: RunCause): string {
  const { run, candidate, matrix, counts } = report
  const decision = { release: '✅ RELEASE', hold: '⛔ HOLD', inconclusive: '❔ INCONCLUSIVE' }[gate.decision]
  const subject = `${inlineText(candidate.title, 100)} ${inlineText(candidate.release, 60)}`
  const back = recovery.find(({ broughtBack }) => broughtBack)
  const answers =
    worst === undefined
      ? [subject]
      : [
          ...(suspect === undefined ? [] : [values(report, suspect.values, 120)]),
          `${worst.problem.class}, ${inlineText(worst.problem.summary, 200)}`,
          ...(back === undefined
            ? recovery.length === 0
              ? []
              : ['no recovery step brings the machine back']
            : [`${inlineText(back.step, 60)} brings it back`]),
        ]
  const counted = OUTCOMES.filter((outcome) => counts[outcome] > 0)
    .map((outcome) => `${outcomeSign(outcome)} ${counts[outcome]} ${outcome}`)
    .join(' · ')
  const duration = run.endedAt === undefined ? '' : ` in ${durationText(run.endedAt - run.startedAt)}`
  return [
    `# ${decision}: ${answers.join(' · ')}`,
    `**${subject}**: ${inlineText(gate.because, 1000)}`,
    ...(worst === undefined ? [] : [`The cause: ${inlineText(worst.because, 1000)}`]),
    `${counted || 'no cells'} — ${report.cells.length} cells of ${inlineText(matrix.title, 200)}${duration}${run.simulated ? ', **simulated: it can release nothing**' : ''}${partText(run)}`,
  ].join('\n\n')
}

/** What a part of a plan must not be mistaken for. */
function partText({ shard }: Report['run']): string {
  if (shard === undefined) return ''
  return shard.cells === undefined
    ? `, **shard ${inlineText(shardText(shard), 100)} of a plan: it can release nothing before all are merged**`
    : ', **chosen cells of a plan: it can release nothing**'
}

/** One row a signature. */
function problemsTable(report: Report, problems: readonly ReportProblem[]): Block {
  const rows = problems.map((problem) => {
    const cells = problem.cells.flatMap((place) => report.cells[place] ?? [])
    const waived = cells.filter(({ verdict }) => verdict.waiver !== undefined).length
    return [
      problem.severity === 'fail' ? '✗' : '▲',
      `**${problem.class}**: ${inlineText(problem.summary)}<br>${codeText(problem.signature)}`,
      `${cells.length} of ${report.cells.length}${waived === 0 ? '' : ` (${waived} waived)`}${problem.since === undefined ? '' : `, ${problem.since}`}`,
      shared(report, cells),
      recoveries(cells),
      cells
        .slice(0, 3)
        .map(({ planned }) => codeText(planned.id, 40))
        .join(' '),
    ]
  })
  return table(
    '## What was found, each once',
    ['', 'what', 'cells', 'all have', 'recovered by', 'look at'],
    rows,
  )
}

/** The values that all of these cells have. */
function shared(report: Report, cells: readonly ReportedCell[]): string {
  const [first, ...rest] = cells.map(({ planned }) => planned.configuration)
  const common = Object.entries(first ?? {}).filter(([axis, value]) =>
    rest.every((configuration) => configuration[axis] === value),
  )
  return common.length === 0 ? 'nothing in common' : values(report, Object.fromEntries(common))
}

function recoveries(cells: readonly ReportedCell[]): string {
  const steps = cells.flatMap(({ verdict }) => verdict.recovery ?? [])
  return [...new Set(steps.map(({ step, broughtBack }) => `${step}${broughtBack ? '' : ' did not help'}`))]
    .slice(0, 4)
    .map((step) => inlineText(step, 100))
    .join(', ')
}

function suspectsTable(report: Report): Block {
  const shown = leadingSuspects(report.suspects).slice(0, 20)
  const others = report.suspects.length - shown.length
  const rows = shown.map((suspect) => [
    String(suspect.rank),
    values(report, suspect.values),
    suspect.support,
    `${suspect.explains} of ${suspect.failing} failing, ${suspect.passing} passing`,
    inlineText(suspect.failure),
    inlineText(suspect.because),
  ])
  return {
    ...table('## Suspects', ['', 'combination', 'support', 'explains', 'of', 'because'], rows),
    foot: others === 0 ? '' : `\n\n${others} less likely: see report.json`,
  }
}

/** Cells without a symptom that did not pass either, those with the same reason in one row. */
function openCellsTable(report: Report): Block {
  const open = report.cells.filter(
    ({ verdict }) => verdict.outcome !== 'pass' && verdict.symptoms.length === 0,
  )
  const groups = Map.groupBy(
    open,
    ({ verdict }) => `${verdict.outcome} ${blameWord(verdict)} ${verdict.because}`,
  )
  const rows = [...groups.values()]
    .toSorted(
      (a, b) =>
        OUTCOMES.indexOf(a[0]!.verdict.outcome) - OUTCOMES.indexOf(b[0]!.verdict.outcome) ||
        b.length - a.length,
    )
    .map((cells) => {
      const { verdict } = cells[0]!
      return [
        `${outcomeSign(verdict.outcome)} ${verdict.outcome}`,
        `${inlineText(blameWord(verdict))} ${inlineText(verdict.because)}`,
        String(cells.length),
        shared(report, cells),
        cells
          .slice(0, 3)
          .map(({ planned }) => codeText(planned.id, 40))
          .join(' '),
      ]
    })
  return table('## Cells that say nothing', ['outcome', 'why', 'cells', 'all have', 'look at'], rows)
}

function rulesTable(gate: Gate): Block {
  const sign = { satisfied: '✓', violated: '✗', inconclusive: '?' }
  return table(
    `## Gate (policy ${inlineText(gate.policy, 100)})`,
    ['', 'rule', 'value', 'criterion', 'over', 'explanation'],
    gate.rules.map((rule) => [
      sign[rule.result],
      inlineText(rule.title),
      rule.value === null ? '—' : String(Number(rule.value.toPrecision(4))),
      inlineText(rule.criterion),
      String(rule.population),
      inlineText(rule.explanation),
    ]),
  )
}

function waiverLines(gate: Gate): readonly string[] {
  return gate.waivers.map(
    ({ id, state, cells }) =>
      `${id}: ${state}${cells.length === 0 ? '' : ` (${cells.slice(0, 20).join(', ')})`}`,
  )
}

/** Who ran what of a merged run. */
function shardsTable({ shards = [], cells }: Report): Block {
  const outcomes = new Map(cells.map(({ planned, verdict }) => [planned.id, verdict.outcome]))
  return table(
    '## Shards',
    ['shard', 'runner', 'run', 'cells', 'not passed'],
    shards.map(({ name, runners, run, cells: mine }) => [
      inlineText(name, 100),
      inlineText(runners.join(', '), 200),
      codeText(run, 60),
      String(mine.length),
      String(mine.filter((id) => outcomes.get(id) !== 'pass').length),
    ]),
  )
}

function earlierLines({ earlier }: Report): readonly string[] {
  if (earlier === undefined) return []
  return [
    `compared with run ${earlier.run} of ${earlier.candidate} ${earlier.release}`,
    ...earlier.gone.map((signature) => `gone: ${signature}`),
  ]
}

function footer({ run, candidate, tool }: Report): string {
  return [
    `The page with starts, pictures and control beside candidate is **report/index.html** in the folder of run ${codeText(run.id)}; of one cell: ${codeText(`ringzero explain <folder> <cell>`)}`,
    `<sub>run ${run.state} · seed ${run.seed} · candidate sha256 ${inlineText(candidate.sha256)} · ringzero ${inlineText(tool.version)}</sub>`,
  ].join('\n\n')
}

function values(report: Report, configuration: Readonly<Record<string, string>>, maximum?: number): string {
  return inlineText(configurationText(spellValues(report.matrix.axes, configuration), ' × '), maximum)
}

/** A part of the text that is told whole, but for rows of which some are counted only. */
interface Block {
  readonly head: string
  readonly rows: readonly string[]
  readonly foot: string
}

function block(head: string): Block {
  return { head, rows: [], foot: '' }
}

function table(title: string, head: readonly string[], rows: readonly (readonly string[])[]): Block {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
  return rows.length === 0
    ? block('')
    : {
        head: [title, '', line(head), line(head.map(() => '---'))].join('\n'),
        rows: rows.map(line),
        foot: '',
      }
}

function list(title: string, lines: readonly string[]): Block {
  return lines.length === 0
    ? block('')
    : { head: `## ${title}\n`, rows: lines.map((line) => `- ${inlineText(line, 1000)}`), foot: '' }
}

function folded(title: string, lines: readonly string[]): Block {
  return lines.length === 0
    ? block('')
    : {
        ...list(title, lines),
        head: `<details><summary>${title} (${lines.length})</summary>\n`,
        foot: '\n\n</details>',
      }
}

/** The blocks in their order, each with as many rows as fit; a block of which nothing fits is left out. The last is always told. */
function fit(blocks: readonly Block[], maximumBytes: number): string {
  const last = blocks.at(-1)?.head ?? ''
  const written: string[] = []
  let bytes = sizeOf(last) + 1
  for (const { head, rows, foot } of blocks.slice(0, -1)) {
    const frame = sizeOf(head) + sizeOf(leftOut(rows.length)) + sizeOf(foot) + BETWEEN
    if (head === '' || bytes + frame > maximumBytes) continue
    bytes += frame
    const shown: string[] = []
    for (const row of rows.slice(0, MAXIMUM_ROWS)) {
      const size = sizeOf(row) + BETWEEN
      if (bytes + size > maximumBytes) break
      bytes += size
      shown.push(row)
    }
    const more = rows.length - shown.length
    written.push([head, ...shown].join('\n') + (more === 0 ? '' : leftOut(more)) + foot)
  }
  return `${[...written, last].join('\n\n')}\n`
}

function leftOut(count: number): string {
  return `\n\n_${count} more: see report.json_`
}

/** Bytes, with line ends as two. */
function sizeOf(text: string): number {
  return Buffer.byteLength(text) + text.split('\n').length - 1
}
