import { expect, it } from 'vitest'
import { CleanupStack } from '../../../src/run/attempt/cleanup-stack.ts'
import { virtualClock } from '../../../src/plugins/providers/simulated/virtual-clock.ts'

it('undoes in reverse, gives each its own time, and reports what could not be undone', async () => {
  const clock = virtualClock(0)
  const done: string[] = []
  const stack = new CleanupStack()
  stack.push('first', async () => void done.push('first'))
  stack.push('stuck', () => new Promise(() => undefined))
  stack.push('broken', () => Promise.reject(new Error('disk gone')))
  stack.push('last', async () => void done.push('last'))
  const failures = await stack.unwind(clock, { log: () => undefined }, 1000)
  expect(done).toEqual(['last', 'first'])
  expect(failures.map(({ what }) => what)).toEqual(['broken', 'stuck'])
  expect(failures[0]?.reason).toBe('disk gone')
  expect(await stack.unwind(clock, { log: () => undefined }, 1000)).toEqual([])
})
