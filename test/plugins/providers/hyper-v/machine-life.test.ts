import { describe, expect, it } from 'vitest'
import {
  MachineLife,
  type HostEvent,
  type MachineLook,
} from '../../../../src/plugins/providers/hyper-v/machine-life.ts'

const running: MachineLook = { state: 'Running', heartbeat: 'NoContact', nonce: null, setup: null }
const off: MachineLook = { ...running, state: 'Off' }
let record = 0
function event(id: number, codes: readonly string[] = [], at = 1): HostEvent {
  record += 1
  return { record, id, at, codes, message: '' }
}

/** A machine that was started by us and runs. */
function started(): MachineLife {
  const life = new MachineLife('rz-1')
  life.expectStart()
  expect(life.take(running, [event(18601)], 1)).toEqual([
    { kind: 'milestone', milestone: 'loader', at: 1 },
    { kind: 'power', state: 'running', cause: 'asked', at: 1 },
  ])
  return life
}

describe('what the host says of a machine', () => {
  it('gives a Windows bug check its code and four parameters', () => {
    const codes = ['0x50', '0xfffff80000000000', '0x0', '0xFFFF', '0x2']
    expect(started().take(running, [event(18590, codes)], 2)).toEqual([
      {
        kind: 'crash',
        mechanism: 'bugcheck',
        code: '0x00000050',
        parameters: ['0xfffff80000000000', '0x0000000000000000', '0x000000000000ffff', '0x0000000000000002'],
        at: 1,
      },
    ])
  })

  it('takes a crash report of zeros, and one that cannot be read, for a panic without a code', () => {
    const zeros = Array.from({ length: 5 }, () => '0x0')
    for (const codes of [zeros, [], ['$(x)', '0x1']])
      expect(started().take(running, [event(18590, codes)], 2)).toEqual([
        { kind: 'crash', mechanism: 'panic', at: 1 },
      ])
  })

  it('tells restarts that were asked for from others, and never a crash’s', () => {
    const life = started()
    life.expectRestart()
    expect(life.take(running, [event(18514)], 2)).toEqual([{ kind: 'reset', asked: true, at: 1 }])
    expect(life.take(running, [event(18514)], 3)).toEqual([{ kind: 'reset', asked: false, at: 1 }])
    life.expectRestart()
    expect(life.take(running, [event(18590), event(18514)], 4)).toContainEqual({
      kind: 'reset',
      asked: false,
      at: 1,
    })
    expect(life.take(running, [event(18512)], 5)).toEqual([{ kind: 'reset', asked: true, at: 1 }])
  })

  it('names every triple fault', () => {
    for (const id of [18539, 18540, 18550, 18560])
      expect(started().take(running, [event(id)], 2)).toMatchObject([
        { kind: 'crash', mechanism: 'triple-fault' },
      ])
  })

  it('counts starts that failed until the guest answers', () => {
    const life = started()
    for (const count of [1, 2, 3]) {
      life.take(running, [event(18514)], count)
      expect(life.failedStarts).toBe(count)
    }
    life.takeAnswer(9)
    expect(life.failedStarts).toBe(0)
    life.take(running, [event(18514)], 10)
    expect(life.failedStarts).toBe(0)
  })

  it('says who turned it off, and waits for an event that comes after the state', () => {
    const asked = started()
    asked.expectOff('guest')
    expect(asked.take(off, [event(18508)], 2)).toEqual([
      { kind: 'power', state: 'off', cause: 'asked', at: 2 },
    ])
    const guest = started()
    expect(guest.take(off, [], 2)).toEqual([])
    expect(guest.take(off, [event(18508)], 3)).toEqual([
      { kind: 'power', state: 'off', cause: 'guest', at: 3 },
    ])
  })

  it.each([
    ['somebody on the host turned it off', [18502], 'HOST_POWERED_OFF'],
    ['its worker process died', [14070], 'HOST_WORKER_GONE'],
    ['the host could not go on', [18528], 'HOST_CRITICAL_STOP'],
    ['nothing says why', [], 'HOST_POWERED_OFF'],
  ])('blames the host when %s', (_, ids, code) => {
    const life = started()
    const signals = [ids.map((id) => event(id)), [], []].flatMap((events, look) =>
      life.take(off, events, look + 2),
    )
    expect(signals).toContainEqual(expect.objectContaining({ kind: 'power', state: 'off', cause: 'host' }))
    expect(signals).toContainEqual(expect.objectContaining({ kind: 'host-fault', code }))
    expect(life.take(off, [], 9)).toEqual([])
  })

  it('tells a critical state (disk full) and a machine that is gone, once', () => {
    const life = started()
    expect(life.take({ ...running, state: 'RunningCritical' }, [], 2)).toMatchObject([
      { kind: 'power', state: 'critical', cause: 'host' },
      { kind: 'host-fault', code: 'HOST_MACHINE_CRITICAL' },
    ])
    expect(life.take(undefined, [], 3)).toContainEqual(expect.objectContaining({ code: 'HOST_MACHINE_GONE' }))
    expect(life.take(undefined, [], 4)).toEqual([])
  })

  it('does not take states that pass by for news', () => {
    const life = started()
    for (const state of ['Stopping', 'Saving', 'Reset'])
      expect(life.take({ ...running, state }, [], 2)).toEqual([])
    expect(life.take(running, [], 3)).toEqual([])
  })

  it('follows the heartbeat, lost only after it was there', () => {
    const life = started()
    expect(life.take(running, [], 2)).toEqual([])
    expect(life.take({ ...running, heartbeat: 'OkApplicationsHealthy' }, [], 3)).toContainEqual({
      kind: 'heartbeat',
      state: 'ok',
      at: 3,
    })
    const lost = { ...running, heartbeat: 'LostCommunication' }
    expect(life.take(lost, [], 4)).toEqual([{ kind: 'heartbeat', state: 'lost', at: 4 }])
    expect(life.take(lost, [], 5)).toEqual([])
  })

  const services = { kind: 'milestone', milestone: 'services' }

  it('believes a key-value nonce only when it changed', () => {
    const life = started()
    expect(life.take({ ...running, nonce: 'rz-1/a' }, [], 2)).toMatchObject([services])
    expect(life.take({ ...running, nonce: 'rz-1/a' }, [event(18514)], 3).map(({ kind }) => kind)).toEqual([
      'reset',
    ])
    expect(life.take({ ...running, nonce: 'rz-1/b' }, [], 4)).toMatchObject([services])
  })

  it('does not believe a nonce that came with the disk from another machine', () => {
    const life = started()
    for (const nonce of ['rz-10/a', 'rz-layer-1/a', 'a', '/a', ''])
      expect(life.take({ ...running, nonce }, [], 2)).toEqual([])
    expect(life.take({ ...running, nonce: 'rz-1/a' }, [], 3)).toMatchObject([services])
  })

  const waiting = {
    ...running,
    heartbeat: 'OkApplicationsUnknown',
    nonce: 'rz-1/a',
    setup: 'OOBEInProgress IMAGE_STATE_COMPLETE',
  }

  it('says that setup waits for a person when Windows says so for five minutes, once a start', () => {
    const life = started()
    life.take(waiting, [], 1000)
    expect(life.setupOpen).toBe(true)
    expect(life.take(waiting, [], 300_999)).toEqual([])
    expect(life.take(waiting, [], 301_000)).toMatchObject([
      { kind: 'stuck', where: 'setup', detail: expect.stringContaining('OOBEInProgress') as string },
    ])
    expect(life.take(waiting, [], 900_000)).toEqual([])
    life.take({ ...waiting, nonce: 'rz-1/b' }, [event(18514, [], 900_001)], 900_001)
    expect(life.take({ ...waiting, nonce: 'rz-1/b' }, [], 1_300_000)).toMatchObject([{ where: 'setup' }])
  })

  it.each([
    ['setup has ended', { ...waiting, setup: 'complete' }],
    ['nothing is said of setup', { ...waiting, setup: null }],
    ['it was said by another machine', { ...waiting, nonce: 'rz-2/a' }],
  ])('does not say that setup waits when %s', (_, look) => {
    const life = started()
    life.take(look, [], 1000)
    expect(life.setupOpen).toBe(false)
    expect(life.take(look, [], 900_000)).toEqual([])
  })

  it('does not say that setup waits of what an earlier start published, nor of a guest that answers', () => {
    const stale = started()
    stale.take(waiting, [], 1000)
    stale.take(waiting, [event(18514, [], 2000)], 2000)
    expect(stale.setupOpen).toBe(false)
    expect(stale.take(waiting, [], 900_000)).toEqual([])
    const answering = started()
    answering.take(waiting, [], 1000)
    answering.takeAnswer(2000)
    expect(answering.take(waiting, [], 900_000)).toEqual([])
  })

  it('counts a start that was cut off before the guest answered as failed, as Windows does', () => {
    const life = started()
    life.expectOff('power')
    life.take(off, [], 2)
    expect(life.failedStarts).toBe(1)
    life.expectStart()
    life.take(running, [], 3)
    life.takeAnswer(4)
    life.expectOff('power')
    life.take(off, [], 5)
    expect(life.failedStarts).toBe(0)
  })

  it('remembers that the guest took its account once, whatever it says in later starts', () => {
    const life = started()
    expect(life.everAnswered).toBe(false)
    life.takeAnswer(2)
    life.take(running, [event(18514)], 3)
    expect(life).toMatchObject({ answered: false, everAnswered: true })
  })

  it('knows of each start whether an operating system was loaded, showed life or crashed', () => {
    const life = started()
    expect(life).toMatchObject({ loaded: true, heartbeatSeen: false, crashed: false })
    life.take({ ...running, heartbeat: 'OkApplicationsHealthy' }, [event(18590)], 2)
    expect(life).toMatchObject({ loaded: true, heartbeatSeen: true, crashed: true })
    life.take(running, [event(18514)], 3)
    expect(life).toMatchObject({ loaded: false, heartbeatSeen: false, crashed: false })
    life.take(running, [event(18602)], 4)
    expect(life.loaded).toBe(true)
    life.expectOff('power')
    life.take(off, [], 5)
    expect(life.loaded).toBe(false)
  })

  it('says that the firmware found nothing to start', () => {
    for (const id of [18603, 18604, 18605])
      expect(started().take(running, [event(id)], 2)).toMatchObject([{ kind: 'stuck', where: 'firmware' }])
  })
})
