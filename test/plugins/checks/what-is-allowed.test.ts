/** What must not be held against a candidate, and facts that are no expectations. */
import { describe, expect, it } from 'vitest'
import type { FactOf } from '../../../src/model/observation.ts'
import { bootFacts } from '../../../src/plugins/checks/any/boot-facts.ts'
import { candidatePresent } from '../../../src/plugins/checks/any/candidate-present.ts'
import { crashRecords } from '../../../src/plugins/checks/any/crash-records.ts'
import { events } from '../../../src/plugins/checks/any/events.ts'
import { fingerprint } from '../../../src/plugins/checks/any/fingerprint.ts'
import { productHealth } from '../../../src/plugins/checks/any/product-health.ts'
import { profile } from '../../../src/plugins/checks/any/profile.ts'
import { services } from '../../../src/plugins/checks/any/services.ts'
import { versions } from '../../../src/plugins/checks/any/versions.ts'
import type { LogEntry } from '../../../src/sdk/guest-os.ts'
import { loadedCandidate, loadedProduct } from '../../stand-ins/loaded-packages.ts'
import { attempt, blinds, broken, healthyGuest, restart } from '../../stand-ins/scripted-guest.ts'

describe('what is allowed', () => {
  it('the candidate may replace the very files that its recipe names, and nothing else', async () => {
    const guest = healthyGuest({ products: [loadedProduct()], candidate: loadedCandidate('rules v2') })
    const look = attempt(fingerprint, guest)
    await look('baseline')
    guest.files['/opt/netwatch/rules'] = 'rules v2'
    expect(broken(await look('after-install'))).toEqual([])
    expect(broken(await look('after-rollback'))).toEqual([
      'changed /opt/netwatch/rules (content) of product:netwatch',
    ])
  })

  it('a neighbour may write data where nothing but its own files lie; a program there is somebody’s', async () => {
    const guest = healthyGuest({ products: [loadedProduct()] })
    const look = attempt(fingerprint, guest)
    await look('baseline')
    guest.files['/opt/netwatch/seen.db'] = 'a user came and went'
    expect(broken(await look('after-rollback'))).toEqual([])
    guest.files['/opt/netwatch/helper.so'] = 'program'
    guest.files['/opt/junk'] = 'left'
    guest.files['/etc/junk'] = 'left'
    expect(broken(await look('after-rollback'))).toEqual([
      'new /opt/netwatch/helper.so of nobody',
      'new /opt/junk of nobody',
      'new /etc/junk of nobody',
    ])
  })

  it('an installer may restart a service once, a healthy restart sets its counter to zero', async () => {
    const guest = healthyGuest()
    const look = attempt(services, guest)
    await look('baseline')
    guest.services = guest.services.map((entry) => ({ ...entry, restarts: 1 }))
    expect(broken(await look('after-install'))).toEqual([])
    restart(guest)
    guest.services = guest.services.map((entry) => ({ ...entry, restarts: 0 }))
    expect(broken(await look('after-restart'))).toEqual([])
    expect(broken(await look('after-soak'))).toEqual([])
  })

  it('a restart may be pending right after the installation, and where it was pending before', async () => {
    const guest = healthyGuest({ boot: { ...healthyGuest().boot, pendingRestart: ['old'] } })
    const look = attempt(bootFacts, guest)
    await look('baseline')
    guest.boot = { ...guest.boot, pendingRestart: ['old', 'new'] }
    expect(broken(await look('after-install'))).toEqual([])
    guest.boot = { ...guest.boot, pendingRestart: ['old'] }
    restart(guest)
    expect(broken(await look('after-restart'))).toEqual([])
  })

  it('a candidate may change the version of its own product', async () => {
    const candidate = loadedCandidate('x', { kind: 'driver', product: 'netwatch' })
    const guest = healthyGuest({ products: [loadedProduct()], candidate })
    const look = attempt(versions, guest)
    await look('baseline')
    guest.drivers.set('sensor', { srcversion: 'B2' })
    expect(broken(await look('after-restart'))).toEqual([])
    expect(broken(await look('after-rollback'))).toEqual([
      'rollback-incomplete version:netwatch:sensor: srcversion B2',
    ])
  })
})

describe('what leaves a check blind', () => {
  it('a product that does not say how it is asked', async () => {
    const guest = healthyGuest({ products: [loadedProduct({ health: {} })] })
    expect(blinds(await attempt(productHealth, guest)('baseline'))).toEqual([
      'product:netwatch: its file does not say how to tell that it is healthy on linux',
    ])
  })

  it('a machine that held the candidate before it was installed', async () => {
    const guest = healthyGuest({ candidate: loadedCandidate('rules v1') })
    expect(blinds(await attempt(candidatePresent, guest)('baseline'))).toHaveLength(1)
    const other = healthyGuest({ candidate: loadedCandidate('rules v2') })
    expect(blinds(await attempt(candidatePresent, other)('baseline'))).toEqual([])
  })

  it('a guest that does not show what hardware it has', async () => {
    const guest = healthyGuest({ profile: { 'cpu.count': '1' } })
    expect(blinds(await attempt(profile, guest)('baseline')).map((line) => line.split(':')[1])).toEqual([
      'memoryMiB',
      'disk.bus',
      'firmware',
    ])
  })
})

describe('the candidate', () => {
  it('that is put back behind our back is found, one that is taken in is only worth a look', async () => {
    const guest = healthyGuest({ candidate: loadedCandidate('rules v2') })
    const look = attempt(candidatePresent, guest)
    await look('baseline')
    guest.files['/opt/netwatch/rules'] = 'rules v2'
    await look('after-install')
    expect(broken(await look('after-restart'))).toEqual([])
    guest.files['/opt/netwatch/rules'] = 'rules v1'
    const [putBack] = (await look('after-soak')) as FactOf<'expectation'>[]
    expect(putBack).toMatchObject({ holds: false, symptom: 'update-not-applied', severity: 'fail' })
    delete guest.files['/opt/netwatch/rules']
    const [gone] = (await look('after-soak')) as FactOf<'expectation'>[]
    expect(gone).toMatchObject({ holds: false, severity: 'warn', seen: 'it is gone' })
  })
})

describe('the profile', () => {
  const measured = async (change: Record<string, string>) => {
    const guest = healthyGuest()
    guest.profile = { ...guest.profile, ...change }
    const facts = (await attempt(profile, guest)('baseline')) as FactOf<'profile'>[]
    return facts
      .filter((fact) => !fact.matches)
      .map((fact) => `${fact.property} ${fact.asked} ${fact.measured}`)
  }

  it('fits when the guest shows a little less memory than the machine has', async () => {
    expect(await measured({ memoryMiB: '462' })).toEqual([])
  })

  it('does not when anything else is there than was asked', async () => {
    expect(
      await measured({ 'cpu.count': '2', memoryMiB: '256', 'disk.bus': 'ide', firmware: 'uefi' }),
    ).toEqual(['cpu.count 1 2', 'memoryMiB 512 256', 'disk.bus virtio ide', 'firmware bios uefi'])
  })
})

describe('events and crash records', () => {
  const entry = (eventId: string, level: LogEntry['level'] = 'error'): LogEntry => ({
    level,
    provider: 'supervisor',
    eventId,
    message: `event ${eventId}`,
    count: 1,
  })

  it('each entry is reported once, equal ones with their number, the gravest first', async () => {
    const guest = healthyGuest({ entries: [entry('1')] })
    const look = attempt(events, guest)
    expect(await look('baseline')).toHaveLength(1)
    guest.entries.push(entry('2'), entry('2'), entry('3', 'critical'))
    const found = (await look('after-install')) as FactOf<'log-event'>[]
    expect(found.map((fact) => [fact.eventId, fact.count])).toEqual([
      ['3', 1],
      ['2', 2],
    ])
    expect(await look('after-restart')).toEqual([])
  })

  it('a flood is summed up', async () => {
    const guest = healthyGuest({
      entries: Array.from({ length: 500 }, (_, index) => entry(`e${index}`)),
      entriesCut: 7,
    })
    const found = (await attempt(events, guest)('baseline')) as FactOf<'log-event'>[]
    expect(found).toHaveLength(101)
    expect(found.at(-1)).toMatchObject({ eventId: 'event-flood', count: 407 })
  })

  it('crashes from before the attempt are not its own, and the same crash again is a new one', async () => {
    const old = { mechanism: 'panic' as const, title: 'BUG: NULL pointer' }
    const guest = healthyGuest({ crashes: [old] })
    const look = attempt(crashRecords, guest)
    expect(await look('baseline')).toEqual([])
    expect(await look('after-install')).toEqual([])
    guest.crashes.push(old)
    expect(await look('after-restart')).toMatchObject([{ kind: 'crash', title: 'BUG: NULL pointer' }])
    expect(await look('after-soak')).toEqual([])
  })
})
