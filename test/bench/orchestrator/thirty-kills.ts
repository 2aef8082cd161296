/** Thirty kills of a run of real machines, as the test makes three: run by vitest, so that what it holds is written once. */
import { resolve } from 'node:path'
import { runProgram } from '../../../src/kit/process.ts'
import type { BenchResult } from './bench-result.ts'

const KILLS = 30
const root = resolve(import.meta.dirname, '../../..')

/** Takes about half an hour of emulation. */
export async function thirtyKills(): Promise<BenchResult> {
  const test = 'test/run/kill-resume.vm.test.ts'
  const { exitCode, stdout } = await runProgram(
    process.execPath,
    ['node_modules/vitest/vitest.mjs', 'run', '--project', 'machines', '--testTimeout', '3600000', test],
    { cwd: root, environment: { RINGZERO_TEST_KILLS: String(KILLS) } },
  )
  return {
    name: `${KILLS} kills of a run of real machines`,
    passed: exitCode === 0,
    lines: stdout.toString('utf8').trim().split('\n').slice(-6),
  }
}
