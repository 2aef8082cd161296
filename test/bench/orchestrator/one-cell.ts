/** One cell against a shell loop that takes the same overlay through the same phases: what the orchestrator itself costs. */
import { writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { monotonicMs } from '../../../src/kit/clock.ts'
import { runProgram } from '../../../src/kit/process.ts'
import { buildArguments } from '../../../src/plugins/providers/shared/qemu/build-arguments.ts'
import { imageSource, realFolder, realPlan } from '../../stand-ins/real-lab.ts'
import type { BenchResult } from './bench-result.ts'
import { realRun, type RealRun } from './real-run.ts'

const TARGET = 1.05
const ROUNDS = 2
const SOAK_SECONDS = 2
const MACHINE = { cpu: { count: 1 }, memoryMiB: 256 }
const shell = resolve(import.meta.dirname, 'bare-loop.sh')

/**
 * Both sides in turns, twice, in one run. The control arm without checks: the shell loop has none, and what a check asks is the check's
 * cost, not the orchestrator's.
 */
export async function oneCell(): Promise<BenchResult> {
  let cell = 0
  let loop = 0
  const lines: string[] = []
  for (let round = 1; round <= ROUNDS; round += 1) {
    const run = await runControl()
    const attempt = controlSeconds(run)
    const bare = await bareLoop(run)
    lines.push(`round ${round}: cell ${attempt.toFixed(2)} s, shell loop ${bare.toFixed(2)} s`)
    cell += attempt
    loop += bare
  }
  const ratio = cell / loop
  return {
    name: 'one real cell against a bare shell loop',
    passed: ratio <= TARGET,
    lines: [...lines, `ratio ${ratio.toFixed(3)} (target ≤ ${TARGET})`],
  }
}

async function runControl(): Promise<RealRun> {
  const plan = realPlan({ stages: [1], restarts: 1, soakSeconds: SOAK_SECONDS })
  // One machine at a time: the control runs alone, before the candidate.
  return await realRun(
    plan,
    1,
    (parts) => ({ ...parts, checks: [], collectors: [] }),
    (event) => event.type === 'attempt-closed',
  )
}

function controlSeconds({ events }: RealRun): number {
  const of = (type: 'attempt-opened' | 'attempt-closed'): number =>
    events.find((event) => event.type === type && event.arm === 'control')?.at ?? Number.NaN
  return (of('attempt-closed') - of('attempt-opened')) / 1000
}

async function bareLoop({ events }: RealRun): Promise<number> {
  const source = await imageSource()
  const inspected = events.find((event) => event.type === 'host-inspected')
  const words = buildArguments({
    name: 'bare-loop',
    profile: MACHINE,
    os: 'linux',
    accelerator: inspected?.facts['accelerator'] === 'kvm' ? 'kvm' : 'tcg',
    kernel: source.kernel,
    safe: false,
  })
  const folder = realFolder()
  const list = join(folder, 'arguments')
  writeFileSync(list, ['qemu-system-x86_64', ...words].join('\n'))
  const begun = monotonicMs()
  const { exitCode, stderr } = await runProgram('bash', [
    shell,
    join(folder, 'machine'),
    source.disk,
    list,
    String(SOAK_SECONDS),
  ])
  if (exitCode !== 0) throw new Error(`the shell loop ended with ${exitCode}: ${stderr.toString('utf8')}`)
  return (monotonicMs() - begun) / 1000
}
