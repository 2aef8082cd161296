/**
 * A content file that kills the kernel at each start, on a machine that goes on from a checkpoint: how long until it is known.
 * The first run makes checkpoint and control, which a user's store keeps; the second is measured.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { parse, stringify } from 'yaml'
import { judgeRun } from '../../../src/app/judge-run.ts'
import type { RunEvent } from '../../../src/model/event.ts'
import { DEFAULT_POLICY } from '../../../src/model/policy.ts'
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
    const begun = events[0]?.at ?? 0
    const since = (event: RunEvent | undefined): number => ((event?.at ?? Number.NaN) - begun) / 1000
    const ended = events.filter(
      (event) =>
        event.type === 'observed' &&
        event.observation.fact.kind === 'boot' &&
        event.observation.fact.ended !== 'settled',
    )
    // Two starts in a row that ended by themselves are a boot loop: from then on the cell is lost, whatever follows.
    const loop = since(ended[1])
    const closed = since(events.find(({ type }) => type === 'attempt-closed'))
    const controls = events.filter((event) => event.type === 'attempt-opened' && event.arm === 'control')
    return {
      name: 'a boot loop of a content file, from a checkpoint that is there',
      passed:
        verdict?.outcome === 'fail' &&
        verdict.blame === 'candidate' &&
        controls.length === 0 &&
        closed <= TARGET_SECONDS,
      lines: [
        `${verdict?.outcome}, ${verdict?.blame}: ${verdict?.because}`,
        `${controls.length} controls run anew`,
        ...phasesOf(events).map(
          ([name, from, to]) => `${name.padEnd(12)} ${from.toFixed(1)} … ${to.toFixed(1)} s`,
        ),
        `second start that ended by itself ${loop.toFixed(1)} s, attempt closed ${closed.toFixed(1)} s (target ${TARGET_SECONDS} s)`,
      ],
    }
  } finally {
    removeLane(lab)
  }
}

/** The processor on which the content kills. */
function keepOneCell({ matrix }: LaneLab): void {
  const text = parse(readFileSync(matrix, 'utf8')) as { axes: Record<string, { values: { id: string }[] }> }
  const cpu = text.axes['cpu']
  if (cpu !== undefined) cpu.values = cpu.values.filter(({ id }) => id === 'avx')
  writeFileSync(matrix, stringify(text))
}

/** Name, begin and end of each phase, in seconds since the run began. */
function phasesOf(events: readonly RunEvent[]): [string, number, number][] {
  const begun = events[0]?.at ?? 0
  return events.flatMap((event) => {
    if (event.type !== 'phase-closed') return []
    const opened = events.findLast(
      (other) => other.type === 'phase-opened' && other.phase === event.phase && other.at <= event.at,
    )
    return [[event.phase, ((opened?.at ?? 0) - begun) / 1000, (event.at - begun) / 1000]]
  })
}
