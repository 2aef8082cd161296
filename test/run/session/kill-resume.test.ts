/** kill -9 at random instants: what was seen stays, what was not is seen again, and no machine is left. */
import { readdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { expect, it } from 'vitest'
import { readRunState } from '../../../src/record/read-run-state.ts'
import { systemClock } from '../../../src/kit/clock.ts'
import { seededRandom } from '../../../src/kit/random.ts'
import { attemptId } from '../../../src/model/attempt-id.ts'
import { workAndKill } from '../../stand-ins/kill-and-resume.ts'
import { temporaryFolder } from '../../stand-ins/simulated-lab.ts'

/** Thirty are made by `npm run bench`, on real machines too; ten keep the tests short. */
const KILLS = 10
const child = resolve(import.meta.dirname, '../../stand-ins/simulated-child.ts')

/** What a judge would look at: the facts of each completed attempt, without times and names that differ from run to run. */
async function essence(folder: string): Promise<Record<string, string[]>> {
  const { attempts, closed, machines, reusedControls } = await readRunState(join(folder, 'run'))
  expect(closed).toBe(true)
  expect(machines.size).toBe(0)
  const found: Record<string, string[]> = {}
  for (const { cell, arm, attempt, end, observations } of attempts) {
    if (end !== 'completed') continue
    const name = `${cell} ${arm}`
    const sharing = [...reusedControls].filter(([, { attempts: ids }]) =>
      ids?.includes(attemptId({ cell, arm, attempt })),
    )
    expect(found[name], `${name} is counted twice`).toBeUndefined()
    found[name] = observations.map(({ phase, fact }) => {
      if (fact.kind === 'boot') return `${phase} boot ${fact.ordinal} ${fact.cause} ${fact.ended}`
      if (fact.kind === 'expectation') return `${phase} ${fact.subject} ${fact.holds}`
      if (fact.kind === 'recovery') return `${phase} ${fact.step} ${fact.broughtBack}`
      return `${phase} ${fact.kind}`
    })
    for (const [other] of sharing) found[`${other} control`] = found[name]
  }
  return found
}

/** Simulated machines are their hosts' records alone; they have no folder in the store. */
function leftovers(folder: string): string[] {
  return ['sim-0', 'sim-1'].flatMap((host) => readdirSync(join(folder, 'hosts', host, 'simulated-machines')))
}

it(`a run that is killed again and again ends with the facts of an undisturbed one (${KILLS} kills)`, async () => {
  const undisturbed = temporaryFolder()
  const begun = systemClock.now()
  expect(await workAndKill([child, undisturbed], 300_000)).toBe('complete')
  const whole = systemClock.now() - begun
  const wanted = await essence(undisturbed)
  expect(Object.keys(wanted)).toHaveLength(16)
  const random = seededRandom(291)
  for (let kills = 0; kills < KILLS;) {
    const folder = temporaryFolder()
    for (;;) {
      // Early kills meet the opening, late ones the closing; a run that is killed often still gets on.
      const instant = kills < KILLS ? 300 + random() * whole : 300_000
      if ((await workAndKill([child, folder], instant)) === 'complete') break
      kills += 1
    }
    expect(await essence(folder)).toEqual(wanted)
    expect(leftovers(folder)).toEqual([])
  }
}, 600_000)
