/** What the command line costs before it does anything: `--version` and `--help` against an empty node process, in one run. */
import { execFileSync } from 'node:child_process'
import { resolve } from 'node:path'

const ROUNDS = 15
/** Importing @oclif/core alone costs about twice an empty process. */
const MOST = 4

/** Median milliseconds of each, interleaved so that load hits all alike. */
export async function benchStartup(): Promise<{ name: string; passed: boolean; lines: string[] }> {
  const main = resolve(import.meta.dirname, '../../../dist/main.js')
  const contenders: Readonly<Record<string, readonly string[]>> = {
    'node -e 0': ['-e', '0'],
    'ringzero --version': [main, '--version'],
    'ringzero --help': [main, '--help'],
  }
  const times = new Map<string, number[]>(Object.keys(contenders).map((name) => [name, []]))
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const [name, programArguments] of Object.entries(contenders)) {
      const start = performance.now()
      execFileSync(process.execPath, [...programArguments], { stdio: 'ignore' })
      times.get(name)?.push(performance.now() - start)
    }
  }
  const medians = new Map(
    [...times].map(([name, all]) => [
      name,
      all.toSorted((a, b) => a - b)[Math.floor(ROUNDS / 2)] ?? Number.NaN,
    ]),
  )
  const base = medians.get('node -e 0') ?? Number.NaN
  const lines = [...medians].map(
    ([name, ms]) => `${name.padEnd(20)} ${ms.toFixed(0).padStart(5)} ms  ${(ms / base).toFixed(2)} ×`,
  )
  const passed = [...medians.values()].every((ms) => ms / base <= MOST)
  return Promise.resolve({
    name: `start of the command line, at most ${MOST} × an empty node`,
    passed,
    lines,
  })
}
