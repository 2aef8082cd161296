/** Leases in a real database: step by step what the model says of them, and shared among runs host by host. */
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { OFFERED, stepLease, type LeaseState, type LeaseStep } from '../../src/fleet/lease.ts'
import { jobIdOf, type OfferedAttempt, type RunHold } from '../../src/fleet/lease-store.ts'
import type { JobState } from '../../src/fleet/job-queue.ts'
import type { Order, RunDocument, WorkerHost } from '../../src/model/fleet.ts'
import { leaseStep } from '../stand-ins/lease-steps.ts'
import { startPostgresFleet, type FleetAccount, type PostgresFleet } from '../stand-ins/postgres-fleet.ts'
import { needsPostgres } from '../stand-ins/postgres-server.ts'
import { scriptedPlan } from '../stand-ins/scripted-plan.ts'

const [cell] = scriptedPlan().cells
if (cell === undefined) throw new Error('a plan without cells')
const ROOM = { vcpus: 64, memoryMiB: 65_536, machines: 8 }
const HOST: WorkerHost = { name: 'sim', provider: 'simulated', ...ROOM, simulated: true, facts: {} }

const STATES: Readonly<Record<JobState, LeaseState>> = {
  created: 'offered',
  active: 'held',
  completed: 'ended',
  failed: 'lost',
  cancelled: 'withdrawn',
}

const onPostgres = needsPostgres()

describe('leases in PostgreSQL', onPostgres, () => {
  let fleet: PostgresFleet
  let manager: FleetAccount
  let worker: FleetAccount
  let attempts = 0
  const holds = new Map<string, RunHold>()

  async function openRun(run: string, priority = 0): Promise<RunHold> {
    const hold = { run, holder: run }
    holds.set(run, hold)
    await manager.registry.openRun(hold, priority, {} as RunDocument)
    return hold
  }

  async function offer(run: string, name: string): Promise<OfferedAttempt | undefined> {
    attempts += 1
    const order: Order = { run, cell: cell as Order['cell'], arm: 'candidate', attempt: attempts, slot: 0 }
    const place = { worker: name, host: 'sim' }
    const hold = holds.get(run) as RunHold
    const due = await manager.leases.offer({
      hold,
      order,
      place,
      room: ROOM,
      priority: 0,
      silenceSeconds: 60,
    })
    if (!due) return undefined
    const job = jobIdOf(run, order.cell.id, 'candidate', attempts)
    return { ...place, job, cell: order.cell.id, arm: 'candidate', attempt: attempts, slot: 0 }
  }

  beforeAll(async () => {
    fleet = await startPostgresFleet()
    manager = await fleet.account('manager', 'coordinator')
    worker = await fleet.account('host_a', 'worker')
    for (const name of ['a', 'b']) await worker.registry.enter(name, '1', [HOST])
  }, 120_000)
  afterAll(() => fleet.stop())

  async function doStep(lease: OfferedAttempt, next: LeaseStep, hold: RunHold): Promise<void> {
    const { job } = lease
    const lines = (count: number): string[] => Array.from({ length: count }, () => '{}')
    if (next.kind === 'take') await worker.leases.take(lease, 1)
    if (next.kind === 'beat') await worker.leases.beat(lease, [job])
    if (next.kind === 'deliver')
      await worker.leases.deliver(lease, job, next.from, lines(next.count), next.last)
    if (next.kind === 'lose') {
      await fleet.owner.database.query(
        "update ringzero_jobs.job set heartbeat_on = heartbeat_on - interval '1 hour' where id = $1",
        [job],
      )
      await manager.leases.loseSilent([lease], hold)
    }
    if (next.kind === 'withdraw') await manager.leases.withdraw(lease, hold)
    if (next.kind === 'cancel') await manager.leases.cancel(lease)
    if (next.kind === 'free') await worker.leases.free(lease, job)
  }

  async function seen({ job }: OfferedAttempt): Promise<unknown> {
    const { states } = await manager.leases.look([job])
    const count = async (table: string): Promise<number> =>
      (await fleet.owner.database.query(`select from ringzero.${table} where job = $1`, [job])).length
    return {
      state: STATES[states.get(job)?.state ?? 'completed'],
      occupied: (await count('lease')) === 1,
      lines: await count('delivery'),
    }
  }

  it('go through the states of the model, whoever does what', async () => {
    const hold = await openRun('steps')
    await fc.assert(
      fc.asyncProperty(fc.array(leaseStep, { maxLength: 8 }), async (steps) => {
        const offered = await offer('steps', 'a')
        if (offered === undefined) throw new Error('it was not offered')
        let model = OFFERED
        for (const wanted of steps) {
          // The coordinator refuses lines with a gap before them (attempt-intake.ts); a worker sends none.
          const next =
            wanted.kind === 'deliver' ? { ...wanted, from: Math.min(wanted.from, model.lines) } : wanted
          await doStep(offered, next, hold)
          model = stepLease(model, next).lease
          expect(await seen(offered)).toEqual(model)
        }
        await manager.leases.cancel(offered, hold)
        await manager.leases.settled(offered, hold)
        await worker.leases.free(offered, offered.job)
      }),
      { numRuns: 40 },
    )
    await manager.registry.closeRun(hold)
  }, 240_000)

  it('of several runs: those that wait for a host share it, and nobody waits for a run that wants another', async () => {
    const progress = (waiting: number): { waiting: number; reasons: [] } => ({ waiting, reasons: [] })
    const [one, other] = [await openRun('one'), await openRun('other')]
    await manager.registry.runSeen(one, progress(5), ['a/sim', 'b/sim'])
    await manager.registry.runSeen(other, progress(5), ['a/sim'])
    expect(await offer('one', 'a')).toBeDefined()
    // The next place of this host is the other's; the other host is wanted by nobody else.
    expect(await offer('one', 'a')).toBeUndefined()
    expect(await offer('one', 'b')).toBeDefined()
    expect(await offer('one', 'b')).toBeDefined()
    expect(await offer('other', 'a')).toBeDefined()
    // What waits for hosts that do not exist takes nothing from anybody.
    await manager.registry.runSeen(other, progress(5), [])
    expect(await offer('one', 'a')).toBeDefined()
    // A run that goes first is alone on the hosts that it waits for, not on others.
    const first = await openRun('first', 5)
    await manager.registry.runSeen(first, progress(1), ['a/sim'])
    expect(await offer('one', 'a')).toBeUndefined()
    expect(await offer('one', 'b')).toBeDefined()
    expect(await offer('first', 'a')).toBeDefined()
    await manager.registry.runSeen(first, progress(0), [])
    expect(await offer('one', 'a')).toBeDefined()
  })
})
