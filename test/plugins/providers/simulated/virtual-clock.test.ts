/** The clock that jumps. */
import { mkdtempSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { DeadlineError, withDeadline } from '../../../../src/kit/deadline.ts'
import { virtualClock } from '../../../../src/plugins/providers/simulated/virtual-clock.ts'

it('moves in steps of 100 ms and wakes sleepers in the order of their times, equal ones in the order in which they lay down', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.integer({ min: 0, max: 400 }), { maxLength: 60 }), async (times) => {
      const clock = virtualClock(1000)
      const woken: [number, number][] = []
      await Promise.all(
        times.map(async (time, index) => {
          await clock.sleep(time)
          woken.push([clock.now(), index])
        }),
      )
      const expected = times.map(
        (time, index) => [1000 + Math.ceil(time / 100) * 100, index] as [number, number],
      )
      expect(woken).toEqual(expected.toSorted(([a, i], [b, j]) => a - b || i - j))
    }),
    { numRuns: 50 },
  )
})

it('lets hours pass at once, but never while a file is being written', async () => {
  const clock = virtualClock(0)
  const path = join(mkdtempSync(join(tmpdir(), 'rz-clock-')), 'file')
  const work = async (): Promise<string> => {
    for (let piece = 0; piece < 20; piece += 1) await writeFile(path, 'x'.repeat(100_000))
    return 'written'
  }
  const result = withDeadline('writing', { clock, deadline: 1 }, work)
  await expect(result).resolves.toBe('written')
  await clock.sleep(2 * 3600 * 1000)
  expect(clock.now()).toBeGreaterThanOrEqual(2 * 3600 * 1000)
})

it('forgets a sleeper that was called off', async () => {
  const clock = virtualClock(0)
  const off = new AbortController()
  const sleeping = clock.sleep(1000, off.signal)
  off.abort(new Error('called off'))
  await expect(sleeping).rejects.toThrow('called off')
  await expect(
    withDeadline('nothing', { clock, deadline: 100 }, () => new Promise(() => undefined)),
  ).rejects.toBeInstanceOf(DeadlineError)
  expect(clock.now()).toBe(100)
})
