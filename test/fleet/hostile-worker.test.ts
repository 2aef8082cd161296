/** What the account of a worker may do in a real database, and what becomes of what a hostile one writes there. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { AttemptIntake } from '../../src/fleet/attempt-intake.ts'
import { HostView } from '../../src/fleet/host-view.ts'
import { jobIdOf, type OfferedAttempt, type RunHold } from '../../src/fleet/lease-store.ts'
import type { OpenAttempt } from '../../src/fleet/open-attempt.ts'
import { sha256 } from '../../src/kit/hash.ts'
import type { RunEvent } from '../../src/model/event.ts'
import type { RunDocument, WorkerHost } from '../../src/model/fleet.ts'
import { emptyRunState } from '../../src/model/run-state.ts'
import { SecretMasker } from '../../src/record/secret-masker.ts'
import type { AttemptResult } from '../../src/run/attempt/run-cell.ts'
import { startPostgresFleet, type FleetAccount, type PostgresFleet } from '../stand-ins/postgres-fleet.ts'
import { needsPostgres } from '../stand-ins/postgres-server.ts'
import { scriptedPlan } from '../stand-ins/scripted-plan.ts'

const HOST: WorkerHost = {
  name: 'sim',
  provider: 'simulated',
  vcpus: 8,
  memoryMiB: 8192,
  machines: 4,
  simulated: true,
  facts: {},
}
const ROOM = { vcpus: 8, memoryMiB: 8192, machines: 4 }
const hold: RunHold = { run: 'r1', holder: 'first' }
const plan = scriptedPlan()
const [cell] = plan.cells
if (cell === undefined) throw new Error('a plan without cells')

const onPostgres = needsPostgres()

describe('a worker in the database', onPostgres, () => {
  const folder = mkdtempSync(join(tmpdir(), 'rz-hostile-'))
  let fleet: PostgresFleet
  let manager: FleetAccount
  let worker: FleetAccount
  let other: FleetAccount
  let attempts = 0

  beforeAll(async () => {
    fleet = await startPostgresFleet()
    manager = await fleet.account('manager', 'coordinator')
    worker = await fleet.account('host_a', 'worker')
    other = await fleet.account('host_b', 'worker')
    await worker.registry.enter('a', '1', [HOST])
    await other.registry.enter('b', '1', [HOST])
    await manager.registry.openRun(hold, 0, { secret: 'of the plan' } as unknown as RunDocument)
    await manager.registry.addSorts('r1', [cell])
  }, 120_000)
  afterAll(async () => {
    await fleet.stop()
    rmSync(folder, { recursive: true })
  })

  /** Offers a new attempt of the cell to a worker, which takes it. */
  async function taken(by: FleetAccount, name: string, silenceSeconds = 60): Promise<OfferedAttempt> {
    attempts += 1
    const order = { run: 'r1', cell: cell as never, arm: 'candidate' as const, attempt: attempts, slot: 0 }
    const place = { worker: name, host: 'sim' }
    expect(await manager.leases.offer({ hold, order, place, room: ROOM, priority: 0, silenceSeconds })).toBe(
      true,
    )
    expect(await by.leases.take(place, 4)).toHaveLength(1)
    const job = jobIdOf('r1', cell?.id ?? '', 'candidate', attempts)
    return { ...place, job, cell: cell?.id ?? '', arm: 'candidate', attempt: attempts, slot: 0 }
  }

  /** Ends an attempt and puts away what is left of it. */
  async function putAway(offered: OfferedAttempt): Promise<void> {
    await manager.leases.cancel(offered, hold)
    await manager.leases.settled(offered, hold)
    await fleet.owner.leases.free(offered, offered.job)
  }

  /** What the coordinator's side makes of what was delivered. */
  async function takenIn(
    offered: OfferedAttempt,
    masker = new SecretMasker(),
  ): Promise<{ readonly events: readonly RunEvent[]; readonly result: AttemptResult | undefined }> {
    const events: RunEvent[] = []
    let result: AttemptResult | undefined
    const open: OpenAttempt = {
      offered,
      assignment: { cell: cell as never, arm: 'candidate', attempt: offered.attempt, slot: 0, host: 'a/sim' },
      provider: 'simulated',
      next: 0,
      opened: false,
      end: undefined,
      phase: 'provision',
      evidenceBytes: 0,
      pluginFaults: 0,
      leftBehind: new Map(),
      settle: (settled) => (result = settled),
      fail: () => undefined,
    }
    const runFolder = join(folder, `run-${offered.attempt}`)
    mkdirSync(runFolder)
    const intake = new AttemptIntake({
      leases: manager.leases,
      hold,
      view: new HostView({ toolVersion: '1', simulated: true, absentMs: 1, waitMs: 1 }),
      session: {
        run: 'r1',
        runFolder,
        masker,
        state: emptyRunState(),
        journal: {
          append: (event) => Promise.resolve(void events.push(masker.json(event))),
          note: () => undefined,
          subscribe: () => () => undefined,
          close: () => Promise.resolve(),
        },
      },
      onEnd: () => undefined,
      stop: new AbortController().signal,
      onAway: () => undefined,
    })
    await intake.takeLines([open])
    return { events, result }
  }

  const opening = (offered: OfferedAttempt): string =>
    JSON.stringify({
      type: 'attempt-opened',
      at: 1,
      cell: offered.cell,
      arm: 'candidate',
      attempt: offered.attempt,
      host: 'sim',
      slot: 0,
    })

  it('takes, delivers and frees what is offered to its own hosts', async () => {
    const offered = await taken(worker, 'a')
    expect(await worker.leases.beat(offered, [offered.job])).toEqual(new Set([offered.job]))
    expect(
      await worker.leases.deliverEvidence(offered, offered.job, 'a'.repeat(64), 0, Buffer.from('x')),
    ).toBe(true)
    expect(await worker.leases.deliver(offered, offered.job, 0, [opening(offered)], true)).toBe(true)
    expect(await worker.leases.ofWorker('a')).toEqual([])
    await putAway(offered)
  })

  it('sees and changes nothing that is another worker’s', async () => {
    const offered = await taken(other, 'b')
    await other.leases.deliver(offered, offered.job, 0, [opening(offered)], false)
    const rows = async (table: string): Promise<number> =>
      (await worker.database.query(`select from ${table}`)).length
    expect(await rows('ringzero.lease')).toBe(0)
    expect(await rows('ringzero.delivery')).toBe(0)
    expect(await rows('ringzero_jobs.job')).toBe(0)
    expect(await worker.leases.beat(offered, [offered.job])).toEqual(new Set())
    expect(await worker.leases.deliver(offered, offered.job, 1, ['{}'], true)).toBe(false)
    await expect(
      worker.database.query('insert into ringzero.delivery (job, seq, line) values ($1, 1, $2)', [
        offered.job,
        '{}',
      ]),
    ).rejects.toThrow('row-level security')
    expect(await worker.registry.enter('b', '1', [HOST])).toBe(false)
    await worker.registry.leave('b')
    const [row] = (await manager.registry.workers()).filter(({ name }) => name === 'b')
    expect(row?.stopped).toBe(false)
    await putAway(offered)
  })

  it.each([
    ['end an attempt', "update ringzero.attempt set cell = 'x'"],
    ['take results away', 'delete from ringzero.attempt'],
    ['make an attempt', 'insert into ringzero.attempt select * from ringzero.attempt'],
    ['close a run', 'delete from ringzero.run'],
    ['let a run go first', 'update ringzero.run set priority = 100'],
    ['see what a run waits for', 'select progress from ringzero.run'],
    ['take a run over', "update ringzero.run set holder = 'me'"],
    ['see who holds a run', 'select holder from ringzero.run'],
    ['change the candidate', 'insert into ringzero.candidate_file select * from ringzero.candidate_file'],
    ['make itself a share', 'insert into ringzero.lease select * from ringzero.lease'],
    ['make another’s share smaller', 'update ringzero.lease set vcpus = 0'],
    ['take its lines back', 'delete from ringzero.delivery'],
    ['change its lines', "update ringzero.delivery set line = ''"],
    ['change a cell', "update ringzero.sort set cell = '{}'"],
    ['make tables', 'create table ringzero.mine (n int)'],
    ['become the coordinator', 'set role ringzero_coordinator'],
  ])('cannot %s', async (_, statement) => {
    await expect(worker.database.query(statement)).rejects.toThrow(/permission denied/)
  })

  it('cannot write more than a coordinator reads', async () => {
    const large = { ...HOST, facts: { text: 'x'.repeat(5_000_000) } }
    await expect(worker.registry.seen('a', [large])).rejects.toThrow('bounded')
    await expect(worker.registry.enter('a'.repeat(101), '1', [])).rejects.toThrow('bounded')
    await expect(
      worker.registry.answer(
        'a',
        { run: 'r1', key: await keyOf(), cell },
        {
          reasons: { sim: ['x'.repeat(2_000_000)] },
        },
      ),
    ).rejects.toThrow('bounded')
  })

  async function keyOf(): Promise<string> {
    const [row] = await manager.database.query('select key from ringzero.sort')
    return String(row?.['key'])
  }

  it('ends its attempt by the host’s fault with a line that is missing, and keeps nobody waiting', async () => {
    const offered = await taken(worker, 'a')
    await worker.database.query('insert into ringzero.delivery (job, seq, line) values ($1, 7, $2)', [
      offered.job,
      opening(offered),
    ])
    const { events, result } = await takenIn(offered)
    expect(result?.end).toBe('host-fault')
    expect(events.find(({ type }) => type === 'fault')).toMatchObject({
      fault: {
        code: 'HOST_DELIVERY',
        message: 'what worker a sent is refused: line 0 of its attempt is missing',
      },
    })
    await fleet.owner.leases.free(offered, offered.job)
  })

  it('is read in pieces, however much it writes', async () => {
    const offered = await taken(worker, 'a')
    const line = JSON.stringify({
      type: 'fault',
      at: 1,
      cell: offered.cell,
      arm: 'candidate',
      attempt: offered.attempt,
      phase: 'boot',
      fault: { code: 'X', fault: 'host', message: 'x'.repeat(900_000) },
    })
    await worker.leases.deliver(
      offered,
      offered.job,
      0,
      [opening(offered), ...Array.from({ length: 50 }, () => line)],
      false,
    )
    const first = await manager.leases.lines([[offered.job, 0]])
    expect(first.length).toBeGreaterThan(10)
    expect(first.length).toBeLessThan(40)
    expect(first.map(({ seq }) => seq)).toEqual(first.map((_, index) => index))
    await putAway(offered)
  })

  it('is masked with the secrets of the coordinator, in lines and in files', async () => {
    const offered = await taken(worker, 'a')
    const masker = new SecretMasker()
    masker.add('hunter2-hunter2')
    const text = Buffer.from('password hunter2-hunter2\n')
    const id = sha256(text)
    const head = { at: 1, cell: offered.cell, arm: 'candidate', attempt: offered.attempt }
    const path = `cells/${offered.cell}/candidate-${offered.attempt}/${id.slice(0, 12)}-serial.log`
    const evidence = {
      id,
      ...head,
      name: 'serial.log',
      mediaType: 'text/plain',
      bytes: text.length,
      path,
      phase: 'boot',
      cut: false,
    }
    await worker.leases.deliverEvidence(offered, offered.job, id, 0, text)
    await worker.leases.deliver(
      offered,
      offered.job,
      0,
      [
        opening(offered),
        JSON.stringify({ type: 'evidence-saved', ...head, evidence }),
        JSON.stringify({
          type: 'fault',
          ...head,
          phase: 'boot',
          fault: { code: 'X', fault: 'host', message: 'hunter2-hunter2' },
        }),
        JSON.stringify({ type: 'attempt-closed', ...head, end: 'host-fault' }),
      ],
      true,
    )
    const { events, result } = await takenIn(offered, masker)
    expect(result?.end).toBe('host-fault')
    expect(JSON.stringify(events)).not.toContain('hunter2')
    const saved = events.find((event) => event.type === 'evidence-saved')
    expect(saved).toMatchObject({ evidence: { name: 'serial.log' } })
    expect(saved?.evidence.id).not.toBe(id)
  })

  it('that stands still in the middle of a transaction loses its leases all the same', async () => {
    const offered = await taken(worker, 'a', 10)
    // Its process is frozen here: the statement has its answer, and nothing follows.
    let continues = (): void => undefined
    const frozen = worker.database.transaction(async (inside) => {
      await inside.query('update ringzero_jobs.job set heartbeat_on = clock_timestamp() where id = $1', [
        offered.job,
      ])
      await new Promise<void>((settle) => (continues = settle))
      await inside.query('select 1')
    })
    const gone = frozen.catch((error: unknown) => error)
    for (;;) {
      await manager.leases.loseSilent([offered], hold)
      const { states } = await manager.leases.look([offered.job])
      if (states.get(offered.job)?.state === 'failed') break
    }
    continues()
    expect(await gone).toBeInstanceOf(Error)
    expect(await worker.leases.deliver(offered, offered.job, 0, [opening(offered)], true)).toBe(false)
    await putAway(offered)
  }, 120_000)

  it('is served by one coordinator: another one that took the run over is the only one', async () => {
    const offered = await taken(worker, 'a')
    const next = { run: 'r1', holder: 'second' }
    await manager.registry.openRun(next, 0, { secret: 'of the plan' } as unknown as RunDocument)
    const progress = { waiting: 0, reasons: [] }
    expect(await manager.registry.runSeen(hold, progress, [])).toBe('taken-over')
    const refused = { code: 'RUN_TAKEN_OVER' }
    await expect(manager.leases.settled(offered, hold)).rejects.toMatchObject(refused)
    await expect(manager.leases.linesTaken(hold, new Map([[offered.job, 1]]))).rejects.toMatchObject(refused)
    await expect(manager.leases.loseSilent([offered], hold)).rejects.toMatchObject(refused)
    await expect(manager.leases.withdraw(offered, hold)).rejects.toMatchObject(refused)
    const order = { run: 'r1', cell: cell as never, arm: 'candidate' as const, attempt: 999, slot: 0 }
    await expect(
      manager.leases.offer({ hold, order, place: offered, room: ROOM, priority: 0, silenceSeconds: 60 }),
    ).rejects.toMatchObject(refused)
    await manager.registry.closeRun(hold)
    expect(await manager.registry.runSeen(next, progress, [])).toBe('going-on')
    expect(await manager.leases.ofRun('r1')).toHaveLength(1)
  })
})
