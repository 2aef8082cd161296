/** kill -9 of a run of real machines: no result lost or counted twice, no QEMU process, socket or disk left. */
import { globSync, readdirSync, readlinkSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { expect, it } from 'vitest'
import { readRunState } from '../../../src/record/read-run-state.ts'
import { sweepOrphans } from '../../../src/app/sweep-orphans.ts'
import { seededRandom } from '../../../src/kit/random.ts'
import { workAndKill } from '../../stand-ins/kill-and-resume.ts'
import { imageSource, realFolder, realParts } from '../../stand-ins/real-lab.ts'

/** Thirty kills on real machines take half an hour of emulation: `npm run bench` makes them. */
const KILLS = Number(process.env['RINGZERO_TEST_KILLS'] ?? 3)
const child = resolve(import.meta.dirname, '../../stand-ins/real-child.ts')

/** Processes of this computer that work inside the folder. */
function processesOf(folder: string): string[] {
  return globSync('/proc/[0-9]*/cwd').flatMap((path) => {
    try {
      return readlinkSync(path).startsWith(folder) ? [path] : []
    } catch {
      return []
    }
  })
}

it(`a run of real machines that is killed ${KILLS} times is completed, and nothing is left of it`, async () => {
  await imageSource()
  const random = seededRandom(291)
  const folder = realFolder()
  const run = `vm-kill-${process.pid}`
  let kills = 0
  while (kills < KILLS) {
    // The first seconds make the machine, the next boot it, the later ones look at it.
    if ((await workAndKill([child, folder, run], 1500 + random() * 20_000)) === 'complete') break
    kills += 1
  }
  expect(await workAndKill([child, folder, run], 500_000)).toBe('complete')
  const state = await readRunState(join(folder, 'run'))
  const completed = state.attempts.filter(({ end }) => end === 'completed')
  expect(completed.map(({ arm }) => arm).toSorted()).toEqual(['candidate', 'control'])
  for (const attempt of completed) {
    const boots = attempt.observations.flatMap(({ fact }) => (fact.kind === 'boot' ? [fact.ended] : []))
    expect(boots).toEqual(['settled', 'settled', 'settled'])
  }
  expect(state.machines.size).toBe(0)
  expect(processesOf(folder)).toEqual([])
  expect(readdirSync(join(folder, 'store', 'machines'))).toEqual([])
})

it('a sweep removes the machines of a killed run, and leaves those of a run that is at work', async () => {
  const folder = realFolder()
  const run = `vm-sweep-${process.pid}`
  const parts = await realParts(folder, 'good')
  const never = new AbortController().signal
  const working = workAndKill([child, folder, run], 15_000)
  await parts.clock.sleep(10_000)
  expect(processesOf(folder).length).toBeGreaterThan(0)
  const during = await sweepOrphans(parts, never)
  expect(during.removed).toEqual([])
  expect(processesOf(folder).length).toBeGreaterThan(0)
  expect(await working).toBe('killed')
  expect(processesOf(folder).length + readdirSync(join(folder, 'store', 'machines')).length).toBeGreaterThan(
    0,
  )
  const after = await sweepOrphans(parts, never)
  expect(after.failed).toEqual([])
  expect(after.removed.every((ref) => ref.run === run)).toBe(true)
  expect(after.removed.length).toBeGreaterThan(0)
  expect(processesOf(folder)).toEqual([])
  expect(readdirSync(join(folder, 'store', 'machines'))).toEqual([])
})
