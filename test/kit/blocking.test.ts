import { expect, it } from 'vitest'
import { blocking } from '../../src/kit/blocking.ts'

it('a computation runs without handlers of signals, which are there again afterwards', () => {
  const handler = (): void => undefined
  process.on('SIGHUP', handler)
  try {
    expect(blocking(() => process.listenerCount('SIGHUP'))).toBe(0)
    expect(() =>
      blocking(() => {
        throw new Error('broken')
      }),
    ).toThrow('broken')
    expect(process.listeners('SIGHUP')).toContain(handler)
  } finally {
    process.off('SIGHUP', handler)
  }
})

it('a handler that was to be called once is called once', () => {
  let calls = 0
  process.once('SIGHUP', () => (calls += 1))
  blocking(() => undefined)
  process.emit('SIGHUP')
  process.emit('SIGHUP')
  expect(calls).toBe(1)
})
