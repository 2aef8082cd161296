import { describe, expect, it } from 'vitest'
import { whenAborted } from '../../src/kit/when-aborted.ts'

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
