import { describe, expect, it } from 'vitest'
import { Aborter, whenAborted } from '../../src/kit/when-aborted.ts'

describe('whenAborted', () => {
  it('calls each action once, in order, and none that was called off', () => {
    const controller = new AbortController()
    const called: string[] = []
    const forget = ['a', 'b', 'c'].map((name) => whenAborted(controller.signal, () => called.push(name)))
    forget[1]?.()
    controller.abort()
    controller.abort()
    expect(called).toEqual(['a', 'c'])
  })

  it('calls no action that another one calls off', () => {
    const controller = new AbortController()
    const called: string[] = []
    whenAborted(controller.signal, () => forget())
    const forget = whenAborted(controller.signal, () => called.push('too late'))
    controller.abort()
    expect(called).toEqual([])
  })

  it('calls nothing on a signal that has aborted already', () => {
    const called: string[] = []
    whenAborted(AbortSignal.abort(), () => called.push('x'))
    expect(called).toEqual([])
  })
})

describe('Aborter', () => {
  it('calls what waits for its signal once, in the order of the calls, with or without other listeners', () => {
    const aborter = new Aborter()
    const called: string[] = []
    const forget = whenAborted(aborter.signal, () => called.push('forgotten'))
    whenAborted(aborter.signal, () => called.push('first'))
    whenAborted(aborter.signal, () => called.push('second'))
    aborter.signal.addEventListener('abort', () =>
      called.push(`listener of ${String(aborter.signal.reason)}`),
    )
    forget()
    aborter.abort('enough')
    aborter.abort('again')
    expect(called).toEqual(['listener of enough', 'first', 'second'])
    whenAborted(aborter.signal, () => called.push('too late'))
    aborter.abort('once more')
    expect(called).toHaveLength(3)
  })
})
