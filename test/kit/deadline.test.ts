import { describe, expect, it } from 'vitest'
import { systemClock } from '../../src/kit/clock.ts'
import { DeadlineError, DeadlineScope, untilStopped, withDeadline } from '../../src/kit/deadline.ts'

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
    let stop: (reason: unknown) => void = () => undefined
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

describe('DeadlineScope', () => {
  it('gives each piece of work a deadline of its own', async () => {
    const scope = new DeadlineScope(systemClock, new AbortController().signal)
    expect(await scope.run('a', systemClock.now() + 20, () => Promise.resolve(1))).toBe(1)
    // Lives past the deadline of the first, which has set the alarm.
    const longer = (): Promise<number> => systemClock.sleep(60).then(() => 2)
    expect(await scope.run('b', systemClock.now() + 60_000, longer)).toBe(2)
    await expect(scope.run('c', systemClock.now() + 20, never)).rejects.toThrow('c was not done')
    scope.close()
  })

  it('gives work after a stopped one a signal that is not aborted', async () => {
    const scope = new DeadlineScope(systemClock, new AbortController().signal)
    const signals: AbortSignal[] = []
    const deadline = systemClock.now() + 10_000
    const waiting = scope.run('a', deadline, (signal) => {
      signals.push(signal)
      return never()
    })
    scope.stop(new Error('trouble'))
    await expect(waiting).rejects.toThrow('trouble')
    await scope.run('b', deadline, (signal) => Promise.resolve(void signals.push(signal)))
    expect(signals.map(({ aborted }) => aborted)).toEqual([true, false])
    scope.close()
  })

  it('stops with its parent, and runs nothing after that', async () => {
    const parent = new AbortController()
    const scope = new DeadlineScope(systemClock, parent.signal)
    const waiting = scope.run('a', systemClock.now() + 10_000, never)
    parent.abort(new Error('gone'))
    await expect(waiting).rejects.toThrow('gone')
    await expect(scope.run('b', systemClock.now() + 10_000, never)).rejects.toThrow('gone')
    scope.close()
  })

  it('passes on what work throws, and goes on', async () => {
    const scope = new DeadlineScope(systemClock, new AbortController().signal)
    const deadline = systemClock.now() + 10_000
    const broken = (): Promise<never> => {
      throw new Error('at once')
    }
    await expect(scope.run('a', deadline, broken)).rejects.toThrow('at once')
    await expect(scope.run('b', deadline, () => Promise.reject(new Error('later')))).rejects.toThrow('later')
    expect(await scope.run('c', deadline, () => Promise.resolve(3))).toBe(3)
    scope.close()
  })
})
