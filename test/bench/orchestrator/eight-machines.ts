/** Eight machines at once: what the orchestrator takes of one processor meanwhile, and cells an hour against one machine at a time. */
import { realPlan } from '../../run/real-lab.ts'
import type { BenchResult } from './bench-result.ts'
import { realRun } from './real-run.ts'

const MACHINES = 8
const CPU_TARGET = 0.03

/** Four cells, both arms at once; then one cell with one machine at a time. */
export async function eightMachines(): Promise<BenchResult> {
  const plan = { restarts: 1, soakSeconds: 10 }
  const together = await realRun(realPlan({ ...plan, stages: [MACHINES / 2] }), MACHINES)
  const alone = await realRun(realPlan({ ...plan, stages: [1] }), 1)
  const share = together.ownCpuSeconds / together.seconds
  const anHour = (cells: number, seconds: number): string => ((cells * 3600) / seconds).toFixed(1)
  return {
    name: `the orchestrator while ${MACHINES} machines run`,
    passed: share <= CPU_TARGET && together.completed === MACHINES,
    lines: [
      `${(share * 100).toFixed(2)} % of one processor over ${together.seconds.toFixed(0)} s, ${together.completed} attempts (target ≤ ${CPU_TARGET * 100} %)`,
      `cells an hour: ${anHour(MACHINES / 2, together.seconds)} with ${MACHINES} machines, ${anHour(1, alone.seconds)} with one at a time`,
    ],
  }
}
