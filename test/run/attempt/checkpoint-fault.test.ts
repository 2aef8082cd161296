/** What the end of a machine says of the checkpoint that it went on from. */
import { describe, expect, it } from 'vitest'
import { AppError } from '../../../src/model/errors.ts'
import { unaskedEnd } from '../../../src/plugins/providers/shared/qemu/host-faults.ts'
import type { AttemptSession } from '../../../src/run/attempt/attempt-session.ts'
import { checkpointFault, wentOn } from '../../../src/run/attempt/checkpoint-fault.ts'
import { MachineTrouble } from '../../../src/run/attempt/machine-trouble.ts'
import type { CellCheckpoint } from '../../../src/run/run-parts.ts'

/** Attempts from one checkpoint, each of which ends with `error`: the codes that are told, and how often it was invalidated. */
function attempts(): {
  readonly end: (error: unknown) => Promise<unknown>
  readonly invalidated: string[]
  readonly checkpoint: CellCheckpoint
} {
  const invalidated: string[] = []
  const checkpoint = {
    invalidate: (reason: string) => Promise.resolve(void invalidated.push(reason)),
  } as unknown as CellCheckpoint
  const session = {
    checkpoint,
    setup: { signal: new AbortController().signal, parts: { log: { log: () => undefined } } },
  } as unknown as AttemptSession
  return {
    invalidated,
    checkpoint,
    end: async (error) => {
      const told = await checkpointFault(session, error)
      return told instanceof AppError || told instanceof MachineTrouble ? told.code : told
    },
  }
}

const full = new AppError('HOST_DISK_FULL', 'host', 'no space is left')
/** QEMU's end as its provider tells it. */
const qemu = (signal: NodeJS.Signals | undefined, reason?: string): MachineTrouble => {
  const end = { exitCode: signal === undefined ? 0 : undefined, signal, stderr: '' }
  const fault = unaskedEnd(end as Parameters<typeof unaskedEnd>[0], reason, 0).find(
    ({ kind }) => kind === 'host-fault',
  )
  if (fault?.kind !== 'host-fault') throw new Error('no fault')
  return new MachineTrouble('host-fault', fault.message, { code: fault.code })
}

describe('a checkpoint', () => {
  it.each<[string, unknown, string]>([
    ['the host had no room', full, 'HOST_DISK_FULL'],
    ['the host had no memory', new AppError('HOST_MEMORY', 'host', 'no'), 'HOST_MEMORY'],
    ['somebody killed QEMU', qemu('SIGKILL'), 'HOST_QEMU_KILLED'],
    ['somebody ended QEMU', qemu(undefined, 'host-signal'), 'HOST_QEMU_KILLED'],
  ])('is kept once when %s, and not a second time', async (_, error, code) => {
    const { end, invalidated } = attempts()
    expect(await end(error)).toBe(code)
    expect(invalidated).toEqual([])
    expect(await end(error)).toBe('HOST_CHECKPOINT')
    expect(invalidated).toHaveLength(1)
  })

  it('is trusted again when a machine went on from it in between', async () => {
    const { end, invalidated, checkpoint } = attempts()
    await end(full)
    wentOn(checkpoint)
    expect(await end(full)).toBe('HOST_DISK_FULL')
    expect(invalidated).toEqual([])
  })

  it.each<[string, unknown]>([
    ['QEMU gave up on its own state', qemu('SIGABRT')],
    ['QEMU crashed over it', qemu('SIGSEGV')],
    ['the restore hung', new AppError('HOST_START', 'host', 'not started in time')],
    [
      'the worker process of the host died',
      new MachineTrouble('host-fault', 'gone', { code: 'HOST_WORKER_GONE' }),
    ],
    ['the host does not take it', new AppError('HOST_NOT_RESTORED', 'host', 'message 33')],
  ])('is invalidated at once when %s', async (_, error) => {
    const { end, invalidated } = attempts()
    expect(await end(error)).toBe('HOST_CHECKPOINT')
    expect(invalidated).toHaveLength(1)
  })

  it('is not touched by faults that are no fault of the host, and not by the journal’s', async () => {
    const { end, invalidated } = attempts()
    for (const code of ['JOURNAL_WRITE', 'EVIDENCE_WRITE'])
      expect(await end(new AppError(code, 'host', 'no space'))).toBe(code)
    expect(await end(new AppError('INPUT_INVALID', 'user', 'x'))).toBe('INPUT_INVALID')
    expect(invalidated).toEqual([])
  })
})
