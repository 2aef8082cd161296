/** One measured run of real machines: wall time, own processor time, and what became of it. */
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { runPlan } from '../../../src/app/run-plan.ts'
import { monotonicMs } from '../../../src/kit/clock.ts'
import type { RunEvent } from '../../../src/model/event.ts'
import type { Plan } from '../../../src/model/plan.ts'
import type { RunParts } from '../../../src/run/run-parts.ts'
import { realFolder, realParts } from '../../stand-ins/real-lab.ts'

export interface RealRun {
  readonly seconds: number
  /** Processor time of this process, without QEMU's. */
  readonly ownCpuSeconds: number
  readonly completed: number
  readonly events: readonly RunEvent[]
}

/** Runs a plan on machines of this computer, to its end or until an event after which nothing more is wanted. */
export async function realRun(
  plan: Plan,
  machines: number,
  change: (parts: RunParts) => RunParts = (parts) => parts,
  enough: (event: RunEvent) => boolean = () => false,
): Promise<RealRun> {
  const stop = new AbortController()
  const folder = realFolder()
  const parts = change(await realParts(folder, 'good', machines))
  const events: RunEvent[] = []
  const begun = monotonicMs()
  const cpu = process.cpuUsage()
  await runPlan({
    plan,
    run: `bench-${process.pid}-${Math.round(begun)}`,
    runFolder: join(folder, 'run'),
    parts,
    hooks: { judgeStage: () => 'passed' },
    signal: stop.signal,
    listeners: [
      (event) => {
        events.push(event)
        if (enough(event)) stop.abort(new Error('enough was measured'))
      },
    ],
  })
  const seconds = (monotonicMs() - begun) / 1000
  const { user, system } = process.cpuUsage(cpu)
  rmSync(folder, { recursive: true, force: true })
  const completed = events.filter(
    (event) => event.type === 'attempt-closed' && event.end === 'completed',
  ).length
  return { seconds, ownCpuSeconds: (user + system) / 1_000_000, completed, events }
}
