/** Each check against the thing that it is there to find: broken between the baseline and the next look. */
import type { Moment } from '../../../src/model/phase.ts'
import { describe, expect, it } from 'vitest'
import type { Check } from '../../../src/sdk/check.ts'
import { bootFacts } from '../../../src/plugins/checks/any/boot-facts.ts'
import { firstLogon } from '../../../src/plugins/checks/any/first-logon.ts'
import { fingerprint } from '../../../src/plugins/checks/any/fingerprint.ts'
import { launch } from '../../../src/plugins/checks/any/launch.ts'
import { network } from '../../../src/plugins/checks/any/network.ts'
import { productHealth } from '../../../src/plugins/checks/any/product-health.ts'
import { resources } from '../../../src/plugins/checks/any/resources.ts'
import { roles } from '../../../src/plugins/checks/any/roles.ts'
import { rollbackComplete } from '../../../src/plugins/checks/any/rollback-complete.ts'
import { services } from '../../../src/plugins/checks/any/services.ts'
import { loadedCandidate, loadedProduct } from '../../stand-ins/loaded-packages.ts'
import { attempt, broken, healthyGuest, restart, type Scripted } from '../../stand-ins/scripted-guest.ts'

interface Case {
  readonly what: string
  readonly check: Check
  readonly moment: Moment
  readonly invalidate: (guest: Scripted) => void
  readonly found: readonly string[]
}

const service = (name: string, change: object) => (guest: Scripted) => {
  guest.services = guest.services.map((entry) => (entry.name === name ? { ...entry, ...change } : entry))
}
const boot = (change: object) => (guest: Scripted) => {
  guest.boot = { ...guest.boot, ...change }
}
const grow = (change: object) => (guest: Scripted) => {
  guest.resources = { ...guest.resources, ...change }
}
const lose = (path: string) => (guest: Scripted) => {
  guest.files = Object.fromEntries(Object.entries(guest.files).filter(([name]) => name !== path))
}

const cases: readonly Case[] = [
  {
    what: 'a start in safe mode',
    check: bootFacts,
    moment: 'after-restart',
    invalidate: (guest) => {
      restart(guest)
      boot({ mode: 'safe' })(guest)
    },
    found: ['recovery-entry boot:mode: safe'],
  },
  {
    what: 'a start that never ends',
    check: bootFacts,
    moment: 'after-install',
    invalidate: boot({ finished: false, uptimeSeconds: 300 }),
    found: ['boot-hang boot:finished: not yet, 300 s after it began'],
  },
  {
    what: 'a restart that the host did not see',
    check: bootFacts,
    moment: 'after-install',
    invalidate: boot({ bootCount: 5, bootId: 'other' }),
    found: ['unexpected-restart boot:starts: 5 starts, 1 more than the host saw'],
  },
  {
    what: 'a restart that the guest did not make',
    check: bootFacts,
    moment: 'after-restart',
    invalidate: (guest) => {
      guest.starts += 1
    },
    found: ['unexpected-restart boot:starts: 4 starts, 1 fewer than the host saw'],
  },
  {
    what: 'another boot id although nobody restarted',
    check: bootFacts,
    moment: 'after-install',
    invalidate: boot({ bootId: 'other' }),
    found: [
      'unexpected-restart boot:starts: 4 starts, but another boot id although no restart was asked for',
    ],
  },
  {
    what: 'a restart that is still pending after the soak',
    check: bootFacts,
    moment: 'after-soak',
    invalidate: boot({ pendingRestart: ['servicing is not finished'] }),
    found: ['never-settles boot:pending-restart: servicing is not finished'],
  },
  {
    what: 'a service that died',
    check: services,
    moment: 'after-install',
    invalidate: service('netwatchd', { state: 'failed', restarts: 5 }),
    found: ['service-degraded service:netwatchd: failed, restarted 5 times'],
  },
  {
    what: 'a service that runs only because it is started again and again',
    check: services,
    moment: 'after-soak',
    invalidate: service('netwatchd', { restarts: 1 }),
    found: ['service-degraded service:netwatchd: running, restarted 1 times'],
  },
  {
    what: 'a service that never comes up',
    check: services,
    moment: 'after-restart',
    invalidate: service('netwatchd', { state: 'starting' }),
    found: ['service-degraded service:netwatchd: starting'],
  },
  {
    what: 'a service that is gone',
    check: services,
    moment: 'after-restart',
    invalidate: (guest) => {
      guest.services = guest.services.slice(1)
    },
    found: ['service-degraded service:netwatchd: no such service any more'],
  },
  {
    what: 'a service that was switched off',
    check: services,
    moment: 'after-restart',
    invalidate: service('netwatchd', { state: 'stopped', wanted: false }),
    found: ['service-degraded service:netwatchd: stopped'],
  },
  {
    what: 'a probe that fails although the machine boots',
    check: productHealth,
    moment: 'after-restart',
    invalidate: (guest) => {
      guest.programs = { '/opt/netwatch/health': 3 }
    },
    found: ['protection-off product:netwatch:probe: ended with 3: checked'],
  },
  {
    what: 'a driver that is not loaded',
    check: productHealth,
    moment: 'after-restart',
    invalidate: (guest) => {
      guest.drivers.delete('sensor')
    },
    found: ['driver-load-failure product:netwatch:driver:sensor: not loaded'],
  },
  {
    what: 'a product that is not healthy after the roll-back',
    check: productHealth,
    moment: 'after-rollback',
    invalidate: service('netwatchd', { state: 'stopped' }),
    found: ['rollback-incomplete product:netwatch:service:netwatchd: stopped'],
  },
  {
    what: 'a quarantined file of the system',
    check: fingerprint,
    moment: 'after-soak',
    invalidate: lose('/lib/libc.so'),
    found: ['gone /lib/libc.so of system'],
  },
  {
    what: 'a changed file of a neighbour',
    check: fingerprint,
    moment: 'after-install',
    invalidate: (guest) => {
      guest.files['/opt/netwatch/rules'] = 'cleaned'
    },
    found: ['changed /opt/netwatch/rules (content) of product:netwatch'],
  },
  {
    what: 'a lost interface',
    check: network,
    moment: 'after-install',
    invalidate: (guest) => {
      guest.network = { loopback: true, interfaces: ['lo'], detail: 'eth0 is down' }
    },
    found: ['network-loss network:interfaces: no longer up: eth0; eth0 is down'],
  },
  {
    what: 'a machine that does not reach itself',
    check: network,
    moment: 'after-install',
    invalidate: (guest) => {
      guest.network = { ...guest.network, loopback: false, detail: 'no answer' }
    },
    found: ['network-loss network:loopback: it does not: no answer'],
  },
  {
    what: 'programs that do not start',
    check: launch,
    moment: 'after-restart',
    invalidate: (guest) => {
      guest.launch = { ok: false, milliseconds: 5, detail: 'ended with 127' }
    },
    found: ['app-launch-failure launch:program: ended with 127'],
  },
  {
    what: 'a new user whose session never ends',
    check: firstLogon,
    moment: 'after-restart',
    invalidate: (guest) => {
      guest.logon = { ...guest.logon, outcome: 'failed', detail: 'it does not end within 30 s' }
    },
    found: ['logon-failed logon:session: it does not end within 30 s'],
  },
  {
    what: 'that nobody may make an account, which is told apart from a session that does not open',
    check: firstLogon,
    moment: 'after-install',
    invalidate: (guest) => {
      guest.logon = { ...guest.logon, outcome: 'refused', detail: 'denied by Acme' }
    },
    found: ['logon-failed logon:account: it is refused: denied by Acme'],
  },
  {
    what: 'an account that cannot be taken away again',
    check: firstLogon,
    moment: 'after-rollback',
    invalidate: (guest) => {
      guest.logon = { ...guest.logon, left: ['/home/rz-first-logon'] }
    },
    found: ['rollback-incomplete logon:removal: /home/rz-first-logon'],
  },
  {
    what: 'a memory leak',
    check: resources,
    moment: 'after-soak',
    invalidate: grow({ memoryUsedMiB: 160 }),
    found: ['resource-growth resources:memory-growth: 60 MiB more (100 → 160)'],
  },
  {
    what: 'a leak of kernel memory, processes and handles, a log that fills the disk',
    check: resources,
    moment: 'after-soak',
    invalidate: grow({ kernelMemoryMiB: 60, processes: 90, handles: 5000, diskUsedMiB: 990 }),
    found: [
      'resource-growth resources:disk-free: 10 of 1000 MiB',
      'resource-growth resources:kernel-memory-growth: 40 MiB more (20 → 60)',
      'resource-growth resources:disk-growth: 790 MiB more (200 → 990)',
      'resource-growth resources:processes-growth: 50 processes more (40 → 90)',
      'resource-growth resources:handles-growth: 4700 handles more (300 → 5000)',
    ],
  },
]

describe('between the baseline and the next look', () => {
  it.each(cases)('$check.id finds $what', async ({ check, moment, invalidate, found }) => {
    const guest = healthyGuest({ products: [loadedProduct()] })
    const look = attempt(check, guest)
    expect(broken(await look('baseline'))).toEqual([])
    invalidate(guest)
    expect(broken(await look(moment))).toEqual(found)
  })
})

describe('a role', () => {
  const use = [{ name: 'names', command: { program: '/opt/dns/ask', arguments: [] }, times: 4 }]
  const asked = async (exitCode: number, moment: Moment): Promise<string[]> => {
    const guest = healthyGuest({ products: [loadedProduct({ health: { linux: { use } } })] })
    guest.programs['/opt/dns/ask'] = 0
    const look = attempt(roles, guest)
    expect(broken(await look('baseline'))).toEqual([])
    guest.programs['/opt/dns/ask'] = exitCode
    return broken(await look(moment))
  }

  it('that answers its service manager and nobody else is broken', async () => {
    expect(await asked(0, 'after-soak')).toEqual([])
    const [found] = await asked(5, 'after-soak')
    expect(found).toContain('role-broken role:netwatch:names: 3 of 3 do not: ended with 5: checked')
    expect((await asked(5, 'after-rollback'))[0]).toContain('rollback-incomplete')
  })

  it('of the machine itself is used as the matrix says', async () => {
    const guest = healthyGuest()
    guest.programs['/opt/dns/ask'] = 0
    const look = attempt(roles, guest, { uses: [{ ...use[0]!, times: 1 }] })
    expect(broken(await look('baseline'))).toEqual([])
    guest.programs['/opt/dns/ask'] = 5
    expect(broken(await look('after-restart'))).toEqual([
      'role-broken role:matrix:names: 1 of 1 do not: ended with 5: checked',
    ])
  })
})

describe('the roll-back', () => {
  const rolledBack = async (invalidate: (guest: Scripted) => void): Promise<string[]> => {
    const guest = healthyGuest({ candidate: loadedCandidate('rules v2') })
    const looks = [fingerprint, rollbackComplete].map((check) => attempt(check, guest))
    for (const look of looks) await look('baseline')
    invalidate(guest)
    const found = await Promise.all(looks.map((look) => look('after-rollback')))
    return broken(found.flat())
  }

  it('is complete when all is as before, even if a restart is no longer pending', async () => {
    expect(await rolledBack(() => undefined)).toEqual([])
  })

  it('is not when a file, a service or a pending restart is left', async () => {
    const found = await rolledBack((guest) => {
      guest.files['/opt/netwatch/rules'] = 'rules v2'
      guest.services.push({ name: 'updater', state: 'running', wanted: true, restarts: 0 })
      boot({ pendingRestart: ['a file is replaced'] })(guest)
    })
    expect(found).toEqual([
      'changed /opt/netwatch/rules (content) of system',
      'rollback-incomplete rollback:services: updater is left',
      'rollback-incomplete rollback:pending-restart: a file is replaced is left',
    ])
  })

  it('is not when it took something with it', async () => {
    const found = await rolledBack((guest) => {
      lose('/opt/netwatch/rules')(guest)
      guest.services = guest.services.slice(1)
    })
    expect(found).toEqual([
      'gone /opt/netwatch/rules of system',
      'rollback-incomplete rollback:services: netwatchd is gone',
    ])
  })
})
