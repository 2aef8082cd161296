import { describe, expect, it } from 'vitest'
import { systemClock } from '../../src/kit/clock.ts'
import { DeadlineError, untilStopped, withDeadline } from '../../src/kit/deadline.ts'

const never = (): Promise<never> => new Promise(() => undefined)

describe('withDeadline', () => {
  it('gives the result of work that is done in time', async () => {
    const deadline = systemClock.now() + 10_000
    expect(await withDeadline('x', { clock: systemClock, deadline }, () => Promise.resolve(3))).toBe(3)
  })

  it('ends work that ignores its signal', async () => {
    const deadline = systemClock.now() + 20
    await expect(withDeadline('waiting', { clock: systemClock, deadline }, never)).rejects.toThrow(
      DeadlineError,
    )
  })

  it('passes on the reason of its caller’s signal', async () => {
    const controller = new AbortController()
    const waiting = withDeadline(
      'x',
      { clock: systemClock, deadline: systemClock.now() + 10_000, signal: controller.signal },
      never,
    )
    controller.abort(new Error('stop'))
    await expect(waiting).rejects.toThrow('stop')
  })

  it('does not start when its caller has already given up', async () => {
    let started = false
    const work = (): Promise<void> => {
      started = true
      return Promise.resolve()
    }
    const options = {
      clock: systemClock,
      deadline: systemClock.now() + 10_000,
      signal: AbortSignal.abort(new Error('gone')),
    }
    await expect(withDeadline('x', options, work)).rejects.toThrow('gone')
    expect(started).toBe(false)
  })
})

describe('untilStopped', () => {
  it('ends its listening however the work ends', async () => {
    let listening = 0
    const watch = (): (() => void) => {
      listening += 1
      return () => (listening -= 1)
    }
    await untilStopped(undefined, () => Promise.resolve(1), watch)
    await untilStopped(undefined, () => Promise.reject(new Error('x')), watch).catch(() => undefined)
    expect(listening).toBe(0)
  })

  it('keeps to the first reason, and hands it to the work', async () => {
    let signal: AbortSignal | undefined
    let stop = (_: unknown): void => undefined
    const waiting = untilStopped(
      undefined,
      (inner) => {
        signal = inner
        return never()
      },
      (first) => {
        stop = first
        return () => undefined
      },
    )
    stop(new Error('first'))
    stop(new Error('second'))
    await expect(waiting).rejects.toThrow('first')
    expect(signal?.reason).toEqual(new Error('first'))
  })

  it('passes on what the work throws before it waits', async () => {
    const broken = (): Promise<never> => {
      throw new Error('at once')
    }
    await expect(untilStopped(undefined, broken, () => () => undefined)).rejects.toThrow('at once')
  })
})
