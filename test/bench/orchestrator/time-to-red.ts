/**
 * A content file that kills the kernel at each start, on a machine that goes on from a checkpoint: how long until it is known.
 * The first run makes checkpoint and control, which a user's store keeps; the second is measured.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { parse, stringify } from 'yaml'
import { judgeRun } from '../../../src/app/judge-run.ts'
import type { RunEvent } from '../../../src/model/event.ts'
import { RunJudge } from '../../../src/judge/run-judge.ts'
import type { Plan } from '../../../src/model/plan.ts'
import { DEFAULT_POLICY } from '../../../src/model/policy.ts'
import { readRunPlan } from '../../../src/record/run-plan.ts'
import { laneCandidate, laneLab, laneRun, removeLane, type LaneLab } from '../../stand-ins/lane-lab.ts'
import type { BenchResult } from './bench-result.ts'

const TARGET_SECONDS = 20

export async function timeToRed(): Promise<BenchResult> {
  const lab = laneLab()
  try {
    keepOneCell(lab)
    const candidate = laneCandidate(lab, 'bad-content', true)
    await laneRun(lab, candidate, 'first')
    const { events, runFolder } = await laneRun(lab, candidate, 'second')
    const { report } = await judgeRun(runFolder, DEFAULT_POLICY, 0)
    const verdict = report.cells[0]?.verdict
    const opened = events.find((event) => event.type === 'attempt-opened' && event.arm === 'candidate')
    const begun = events.find(({ type }) => type === 'run-opened')?.at ?? opened?.at ?? Number.NaN
    // What is taken over from the first run has times of its own.
    const anew = events.filter(
      (event) => event.type === 'attempt-opened' && event.arm === 'control' && event.at >= begun,
    )
    const told = redSince(await readRunPlan(runFolder), events)
    const seconds = (at: number | undefined): number => ((at ?? Number.NaN) - begun) / 1000
    const closed = events.findLast((event) => event.type === 'attempt-closed' && event.arm === 'candidate')
    return {
      name: 'a boot loop of a content file, from a checkpoint that is there',
      passed:
        verdict?.outcome === 'fail' &&
        verdict.blame === 'candidate' &&
        anew.length === 0 &&
        seconds(told.red) <= TARGET_SECONDS,
      lines: [
        `${verdict?.outcome}, ${verdict?.blame}: ${verdict?.because}`,
        `${anew.length} controls run anew`,
        ...phasesOf(events, begun).map(
          ([name, from, to]) => `${name.padEnd(12)} ${from.toFixed(1)} … ${to.toFixed(1)} s`,
        ),
        `what is on record is judged a failure of the candidate from ${seconds(told.red).toFixed(1)} s on (target ${TARGET_SECONDS} s), a boot loop from ${seconds(told.loop).toFixed(1)} s on; the attempt with its recovery ends at ${seconds(closed?.at).toFixed(1)} s`,
      ],
    }
  } finally {
    removeLane(lab)
  }
}

/** When the journal so far, if the attempt had ended there, would be judged a failure of the candidate, and a boot loop. */
function redSince(
  plan: Plan,
  events: readonly RunEvent[],
): { readonly red: number | undefined; readonly loop: number | undefined } {
  let red: number | undefined
  for (const [index, event] of events.entries()) {
    if (event.type !== 'observed' || event.arm !== 'candidate') continue
    const { at, cell, arm, attempt } = event
    const judge = new RunJudge(plan)
    for (const one of events.slice(0, index + 1)) judge.note(one)
    judge.note({ type: 'attempt-closed', at, cell, arm, attempt, end: 'completed' })
    const { outcome, blame, symptoms } = judge.judge(DEFAULT_POLICY, 0).cells[0]?.verdict ?? { symptoms: [] }
    if (outcome !== 'fail' || blame !== 'candidate') continue
    red ??= at
    if (symptoms.some((symptom) => symptom.class === 'boot-loop')) return { red, loop: at }
  }
  return { red, loop: undefined }
}

/** The processor on which the content kills. */
function keepOneCell({ matrix }: LaneLab): void {
  const text = parse(readFileSync(matrix, 'utf8')) as { axes: Record<string, { values: { id: string }[] }> }
  const cpu = text.axes['cpu']
  if (cpu !== undefined) cpu.values = cpu.values.filter(({ id }) => id === 'avx')
  writeFileSync(matrix, stringify(text))
}

/** Name, begin and end of each phase of the candidate's attempt, in seconds since the run began. */
function phasesOf(events: readonly RunEvent[], begun: number): [string, number, number][] {
  const own = events.filter((event) => 'arm' in event && event.arm === 'candidate')
  return own.flatMap((event, index) => {
    if (event.type !== 'phase-closed') return []
    const opened = own
      .slice(0, index)
      .findLast((other) => other.type === 'phase-opened' && other.phase === event.phase)
    return [[event.phase, ((opened?.at ?? 0) - begun) / 1000, (event.at - begun) / 1000]]
  })
}
