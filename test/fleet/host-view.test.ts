/** What a run knows of the hosts of workers. */
import { describe, expect, it } from 'vitest'
import { HostView, type Sighting } from '../../src/fleet/host-view.ts'
import { sortOf, type RegisteredWorker } from '../../src/fleet/registry.ts'
import { scriptedPlan } from '../stand-ins/scripted-plan.ts'

const [cell] = scriptedPlan().cells
if (cell === undefined) throw new Error('a plan without cells')
const planned = cell
const key = sortOf(planned)
const MINUTE = 60_000

function worker(name: string, more: Partial<RegisteredWorker> = {}): RegisteredWorker {
  const host = { name: 'sim', provider: planned.provider, vcpus: 8, memoryMiB: 8192, machines: 4 }
  return {
    name,
    toolVersion: '1',
    hosts: [{ ...host, simulated: true, facts: {} }],
    stopped: false,
    silentMs: 0,
    startedAt: 1,
    ...more,
  }
}

function sighting(workers: readonly RegisteredWorker[], more: Partial<Sighting> = {}): Sighting {
  return {
    workers,
    answers: new Map(workers.map(({ name }) => [name, new Map([[key, { reasons: {} }]])])),
    taken: [],
    run: 'r1',
    at: 0,
    ...more,
  }
}

const view = (): HostView =>
  new HostView({ toolVersion: '1', simulated: true, absentMs: 20_000, waitMs: 10 * MINUTE })

describe('the hosts of workers', () => {
  it('carry what their worker says, while it is there', () => {
    const hosts = view()
    hosts.note(sighting([worker('a'), worker('b')]))
    expect(hosts.wanted([planned])).toEqual(['a/sim', 'b/sim'])
    const { closed } = hosts.note(sighting([worker('a', { silentMs: 30_000 }), worker('b')]))
    expect(closed).toEqual(['a/sim'])
    expect(hosts.wanted([planned])).toEqual(['b/sim'])
    hosts.note(
      sighting([worker('b')], {
        answers: new Map([['b', new Map([[key, { reasons: { sim: ['no vTPM'] } }]])]]),
      }),
    )
    expect(hosts.wanted([planned])).toEqual([])
    expect(hosts.reasons([planned])).toEqual([{ because: 'b/sim: no vTPM', cells: 1 }])
  })

  it('that are drained keep a cell waiting as absent ones do, and it is given up in time, with the reason', () => {
    const hosts = view()
    hosts.note(sighting([worker('a')]))
    hosts.drain('a/sim', "its last 3 attempts ended by the host's fault")
    expect(hosts.wanted([planned])).toEqual([])
    expect(hosts.givesUp(planned, 0)).toBeUndefined()
    expect(hosts.givesUp(planned, 9 * MINUTE)).toBeUndefined()
    expect(hosts.givesUp(planned, 10 * MINUTE)).toBe(
      "never started: in 10 minutes no worker could take it: a/sim: its last 3 attempts ended by the host's fault",
    )
    hosts.undrain('a/sim')
    expect(hosts.givesUp(planned, 11 * MINUTE)).toBeUndefined()
    expect(hosts.wanted([planned])).toEqual(['a/sim'])
  })

  it('are looked at anew when their worker was started anew', () => {
    const hosts = view()
    expect(hosts.note(sighting([worker('a')])).renewed).toEqual([])
    expect(hosts.note(sighting([worker('a')])).renewed).toEqual([])
    expect(hosts.note(sighting([worker('a', { startedAt: 2 })])).renewed).toEqual(['a/sim'])
    expect(hosts.note(sighting([worker('a', { startedAt: 2 })])).renewed).toEqual([])
  })
})
