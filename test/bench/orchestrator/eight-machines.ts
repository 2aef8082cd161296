/** Eight machines at once: what the orchestrator takes of one processor meanwhile. */
import { realPlan } from '../../stand-ins/real-lab.ts'
import type { BenchResult } from './bench-result.ts'
import { realRun } from './real-run.ts'

const MACHINES = 8
const CPU_TARGET = 0.03

/** Four cells, both arms at once. */
export async function eightMachines(): Promise<BenchResult> {
  const plan = realPlan({ restarts: 1, soakSeconds: 10, stages: [MACHINES / 2] })
  const { ownCpuSeconds, seconds, completed } = await realRun(plan, MACHINES)
  const share = ownCpuSeconds / seconds
  return {
    name: `the orchestrator while ${MACHINES} machines run`,
    passed: share <= CPU_TARGET && completed === MACHINES,
    lines: [
      `${(share * 100).toFixed(2)} % of one processor over ${seconds.toFixed(0)} s, ${completed} attempts (target ≤ ${CPU_TARGET * 100} %)`,
    ],
  }
}
