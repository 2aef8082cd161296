/** Runs, shows, concludes, prints: what `run`, `resume` and `demo` do on the terminal. */
import type { SignerChoice } from '../inputs/load-signer.ts'
import { relative } from 'node:path'
import type { WorkersChoice } from '../app/borrow-hosts.ts'
import { concludeRun, type ConcludedRun } from '../app/conclude-run.ts'
import type { CandidateOutcome, RunControls } from '../app/run-candidate.ts'
import type { Plan } from '../model/plan.ts'
import { spellValues } from '../model/spelling.ts'
import type { RunOutcome } from '../run/session/run-session.ts'
import { AppError } from '../model/errors.ts'
import { EXIT, exitCodeOfDecision } from './exit-codes.ts'
import { formatOutcome } from './format-outcome.ts'
import { afterwards, interruption } from './interruption.ts'
import { openRunView } from './progress/run-view.ts'
import type { JunitFlags } from './junit-flags.ts'
import { printError } from './tell-error.ts'
import { withJunitFlags } from './with-junit-flags.ts'
import { runnerName } from './runner-name.ts'
import { terminalLog } from './terminal-log.ts'
import { printColoured, printDocument, printLine, terminalHeight, terminalWidth } from './terminal.ts'

export interface FollowOptions {
  readonly json: boolean
  readonly policy: string | undefined
  readonly keepGoing: boolean
  readonly keepFailed: boolean
  readonly junit: JunitFlags
  readonly signer?: SignerChoice
  /** partners.yaml of those for whom the run is signed, too. */
  readonly partners?: string | undefined
  readonly workers?: WorkersChoice
}

/** Follows a run to its end. @returns the exit code and, unless it was interrupted, the conclusion */
export async function followRun(
  start: (controls: RunControls) => Promise<CandidateOutcome>,
  options: FollowOptions,
): Promise<{ readonly code: number; readonly concluded: ConcludedRun }> {
  const runner = runnerName(process.env)
  const outcome = await start({
    signal: interruption,
    log: terminalLog,
    policy: options.policy,
    keepGoing: options.keepGoing,
    keepFailed: options.keepFailed,
    ...(runner === undefined ? {} : { runner }),
    ...(options.signer === undefined ? {} : { signer: options.signer }),
    ...(options.partners === undefined ? {} : { partners: options.partners }),
    ...(options.workers === undefined ? {} : { workers: options.workers }),
    watch(plan, runFolder) {
      printLine(`run folder: ${shown(runFolder)}`)
      return openRunView(asRead(plan))
    },
  })
  const concluded = await concludeRun({
    runFolder: outcome.runFolder,
    policy: options.policy,
    reporters: withJunitFlags(outcome.reporters, options.junit),
    judge: outcome.judge,
    signal: outcome.ended === 'interrupted' ? afterwards() : interruption,
    stepSummary: process.env['GITHUB_STEP_SUMMARY'],
  }).catch((error: unknown) => {
    if (!interruption.aborted) throw error
    const folder = shown(outcome.runFolder)
    const next = outcome.ended === 'interrupted' ? 'resume' : 'report'
    throw new AppError(
      'INTERRUPTED',
      'cancelled',
      `interrupted before all reports of ${folder} were written`,
      {
        hint: `go on with: ringzero ${next} ${folder}`,
        cause: error,
      },
    )
  })
  tellConclusion(concluded, outcome.runFolder, options.json)
  return { code: exitCode(outcome, concluded), concluded }
}

/** The progress only shows configurations: as people read them. */
function asRead(plan: Plan): Plan {
  const cells = plan.cells.map((cell) => {
    const configuration = spellValues(plan.axes, cell.configuration)
    return configuration === cell.configuration ? cell : { ...cell, configuration }
  })
  return { ...plan, cells }
}

/** Tells the outcome, as a document or on one screen, and behind it on standard error which reporters broke. */
export function tellConclusion(concluded: ConcludedRun, runFolder: string, json: boolean): void {
  if (json) printDocument({ ...concluded.report, gate: concluded.gate })
  else printConclusion(concluded, runFolder)
  if (concluded.broken !== undefined) printError(concluded.broken)
}

/** What was found, the decision in its colour, what to open. */
function printConclusion({ report, gate, files }: ConcludedRun, runFolder: string): void {
  const text = formatOutcome(report, gate, {
    width: terminalWidth(),
    height: terminalHeight(),
    runFolder: shown(runFolder),
    page: shown(files.find((file) => file.endsWith('.html')) ?? `${runFolder}/report`),
  })
  for (const line of text.facts) printLine(line)
  const colour = gate.decision === 'release' ? 'green' : gate.decision === 'hold' ? 'red' : 'yellow'
  for (const line of text.decision) printColoured(colour, line)
  for (const line of text.next) printLine(line)
}

/** Precedence: interrupted, a fault of ours or a plugin's, then what the gate says. */
function exitCode(outcome: RunOutcome, { gate, broken }: ConcludedRun): number {
  if (outcome.ended === 'interrupted') {
    printLine(`interrupted; go on with: ringzero resume ${shown(outcome.runFolder)}`)
    return EXIT.interrupted
  }
  for (const name of outcome.leftBehind) printLine(`warning: left behind: ${name}; run ringzero sweep`)
  const faults = outcome.pluginFaults + outcome.toolFaults + outcome.standingFaults
  if (faults + outcome.listenerFaults.length > 0 || broken !== undefined) return EXIT.toolFault
  return exitCodeOfDecision(gate.decision)
}

function shown(path: string): string {
  const inside = relative(process.cwd(), path)
  return inside === '' || inside.startsWith('..') ? path : inside
}
