/** Leases in the database: each step of lease.ts is one transaction, and the job's state decides whether it is accepted. */
import { sha256 } from '../kit/hash.ts'
import type { Arm } from '../model/phase.ts'
import { AppError } from '../model/errors.ts'
import type { Order } from '../model/fleet.ts'
import { fitsBeside, mayStart, type Contender, type HostRoom } from './admission.ts'
import type { Database, Row, Statements } from './database.ts'
import type { JobQueue, JobStatus } from './job-queue.ts'

/** Where an attempt was offered. */
export interface Place {
  readonly worker: string
  readonly host: string
}

export interface OfferedAttempt extends Place {
  readonly job: string
  readonly cell: string
  readonly arm: Arm
  readonly attempt: number
  readonly slot: number
}

/** A session of a coordinator: while another one holds the run, none of its statements changes anything of it. */
export interface RunHold {
  readonly run: string
  readonly holder: string
}

export interface Offer {
  readonly hold: RunHold
  readonly order: Order
  readonly place: Place
  readonly room: HostRoom
  readonly priority: number
  readonly silenceSeconds: number
}

export interface DeliveredLine {
  readonly job: string
  readonly seq: number
  readonly line: string
}

/** Lines read at once, of one attempt and of all; and their bytes, but for the first. */
const MOST_LINES = 2000
const MOST_BYTES = 32 * 1024 * 1024

/** The queue of a host. */
export function queueOf({ worker, host }: Place): string {
  return `${worker}/${host}`
}

/** Name of the job of an attempt: the fencing token. The same attempt never has another one, and no other attempt has it. */
export function jobIdOf(run: string, cell: string, arm: Arm, attempt: number): string {
  const hex = sha256(JSON.stringify([run, cell, arm, attempt]))
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-5${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`
}

export class LeaseStore {
  readonly #database: Database
  readonly #queue: JobQueue

  constructor(database: Database, queue: JobQueue) {
    this.#database = database
    this.#queue = queue
  }

  /**
   * Offers an attempt to a host, if its share still fits there and its run is due.
   * @returns false when it must wait; true when it is offered, also when it was before
   * @throws AppError RUN_TAKEN_OVER
   */
  async offer({ hold, order, place, room, priority, silenceSeconds }: Offer): Promise<boolean> {
    const { run, cell, arm, attempt, slot } = order
    const job = jobIdOf(run, cell.id, arm, attempt)
    await this.#queue.prepare(queueOf(place))
    return await this.#database.transaction(async (inside) => {
      // Whoever offers something to this worker waits here: its leases are counted by one at a time.
      const [worker] = await inside.query('select stopped from ringzero.worker where name = $1 for update', [
        place.worker,
      ])
      await mustHold(inside, hold)
      const known = await inside.query('select from ringzero.attempt where job = $1', [job])
      if (known.length > 0) return true
      if (worker === undefined || worker['stopped'] === true) return false
      const need = { vcpus: cell.machine.cpu.count, memoryMiB: cell.machine.memoryMiB }
      const taken = (await this.taken(inside, place))[0]?.taken ?? { vcpus: 0, memoryMiB: 0, machines: 0 }
      if (!fitsBeside(room, taken, need)) return false
      const contenders = await this.contenders(inside, place)
      const me = contenders.find((entry) => entry.run === run)
      if (me === undefined || !mayStart(me, contenders)) return false
      await inside.query(
        'insert into ringzero.lease (job, worker, host, run, vcpus, memory_mib) values ($1, $2, $3, $4, $5, $6)',
        [job, place.worker, place.host, run, need.vcpus, need.memoryMiB],
      )
      await inside.query(
        'insert into ringzero.attempt (job, run, cell, arm, attempt, worker, host, slot) values ($1, $2, $3, $4, $5, $6, $7, $8)',
        [job, run, cell.id, arm, attempt, place.worker, place.host, slot],
      )
      await this.#queue.send(queueOf(place), { id: job, priority, data: order, silenceSeconds }, inside)
      return true
    })
  }

  /** What leases take of each host; of one, or of all. */
  async taken(
    inside: Statements = this.#database,
    place?: Place,
  ): Promise<readonly (Place & { readonly run: string; readonly taken: HostRoom })[]> {
    const rows = await inside.query(
      `select worker, host, ${place === undefined ? 'run' : "'' as run"}, count(*)::int as machines,
        coalesce(sum(vcpus), 0)::int as vcpus, coalesce(sum(memory_mib), 0)::int as memory
        from ringzero.lease where $1::text is null or (worker = $1 and host = $2) group by worker, host${place === undefined ? ', run' : ''}`,
      [place?.worker ?? null, place?.host ?? null],
    )
    return rows.map(({ worker, host, run, machines, vcpus, memory }) => ({
      worker: String(worker),
      host: String(host),
      run: String(run),
      taken: { machines: Number(machines), vcpus: Number(vcpus), memoryMiB: Number(memory) },
    }))
  }

  /**
   * The runs that somebody works on; a coordinator that was not seen for so long claims nothing.
   * @param place absent: with all that waits, wherever it can go
   */
  async contenders(
    inside: Statements = this.#database,
    place?: Place,
  ): Promise<readonly (Contender & { readonly wants: readonly string[] })[]> {
    const rows = await inside.query(
      `select r.id, r.priority, r.wants, case when $1::text is null or $1 = any(r.wants) then r.waiting else 0 end as waiting,
        (select count(*)::int from ringzero.lease l where l.run = r.id) as held
        from ringzero.run r where not r.cancelled and r.seen_at > clock_timestamp() - interval '30 seconds' order by r.id`,
      [place === undefined ? null : queueOf(place)],
    )
    return rows.map(({ id, priority, waiting, held, wants }) => ({
      run: String(id),
      priority: Number(priority),
      waiting: Number(waiting),
      held: Number(held),
      wants: wants as readonly string[],
    }))
  }

  /** Takes offered attempts of a host. */
  async take(
    place: Place,
    most: number,
  ): Promise<readonly { readonly id: string; readonly data: unknown }[]> {
    return await this.#queue.fetch(queueOf(place), most)
  }

  /** Says that these are still held. @returns those that are */
  async beat(place: Place, jobs: readonly string[]): Promise<ReadonlySet<string>> {
    return await this.#queue.touch(queueOf(place), jobs, this.#database)
  }

  /** Takes lines of an attempt's journal in, and its end with the last one. @returns false when the lease is not held any more */
  async deliver(
    place: Place,
    job: string,
    from: number,
    lines: readonly string[],
    last: boolean,
  ): Promise<boolean> {
    return await this.#database.transaction(async (inside) => {
      const queue = queueOf(place)
      if (!(await this.#queue.touch(queue, [job], inside)).has(job))
        // An end whose answer was lost on its way was accepted: nobody else can complete this job.
        return (await this.#queue.states([job], inside)).get(job)?.state === 'completed'
      await inside.query(
        `insert into ringzero.delivery (job, seq, line)
          select $1, $2 + ordinality - 1, line from unnest($3::text[]) with ordinality as lines (line, ordinality) on conflict do nothing`,
        [job, from, lines],
      )
      if (!last) return true
      await this.#queue.complete(queue, job, inside)
      await inside.query('delete from ringzero.lease where job = $1', [job])
      return true
    })
  }

  /** Keeps a piece of evidence for the coordinator. @returns false when the lease is not held any more */
  async deliverEvidence(
    place: Place,
    job: string,
    sha: string,
    part: number,
    bytes: Uint8Array,
  ): Promise<boolean> {
    return await this.#database.transaction(async (inside) => {
      if (!(await this.#queue.touch(queueOf(place), [job], inside)).has(job)) return false
      await inside.query(
        'insert into ringzero.evidence (job, sha256, part, bytes) values ($1, $2, $3, $4) on conflict do nothing',
        [job, sha, part, Buffer.from(bytes)],
      )
      return true
    })
  }

  /** The worker gives an attempt up. Its share stays taken until it is freed. */
  async giveUp(place: Place, job: string, because: string): Promise<void> {
    await this.#queue.fail(queueOf(place), job, because, this.#database)
  }

  /** The machine of an attempt is gone, whatever became of its lease; an attempt that waits or is held keeps its share. */
  async free(place: Place, job: string): Promise<void> {
    await this.#database.transaction(async (inside) => {
      const state = (await this.#queue.states([job], inside)).get(job)?.state
      if (state === 'created' || state === 'active') return
      await inside.query('delete from ringzero.lease where job = $1 and worker = $2', [job, place.worker])
    })
  }

  /** All shares that leases of a worker take, with the state of each; a job that was removed has none. */
  async ofWorker(
    worker: string,
  ): Promise<readonly (Place & { readonly job: string; readonly state: JobStatus['state'] | undefined })[]> {
    const rows = await this.#database.query('select job::text, host from ringzero.lease where worker = $1', [
      worker,
    ])
    const states = await this.#queue.states(
      rows.map(({ job }) => String(job)),
      this.#database,
    )
    return rows.map(({ job, host }) => ({
      job: String(job),
      worker,
      host: String(host),
      state: states.get(String(job))?.state,
    }))
  }

  /** Ends the leases among these whose worker was silent for too long. @throws AppError RUN_TAKEN_OVER */
  async loseSilent(attempts: readonly OfferedAttempt[], hold: RunHold): Promise<void> {
    const places = new Map(attempts.map((attempt) => [attempt.job, attempt]))
    await this.#database.transaction(async (inside) => {
      await mustHold(inside, hold)
      for (const job of await this.#queue.silent([...places.keys()], inside)) {
        const place = places.get(job)
        if (place !== undefined)
          await this.#queue.fail(queueOf(place), job, 'its worker was not heard of any more', inside)
      }
    })
  }

  /** Takes an offer back that no worker took. @returns false when it was taken or ended meanwhile. @throws AppError RUN_TAKEN_OVER */
  async withdraw(offered: OfferedAttempt, hold: RunHold): Promise<boolean> {
    return await this.#cancel(offered, ['created'], hold)
  }

  /**
   * Ends a lease, whether it waits or is held; the worker that holds it stops itself.
   * @param hold absent: a person cancels it, whoever holds the run
   * @throws AppError RUN_TAKEN_OVER
   */
  async cancel(offered: OfferedAttempt, hold?: RunHold): Promise<boolean> {
    return await this.#cancel(offered, ['created', 'active'], hold)
  }

  async #cancel(
    offered: OfferedAttempt,
    from: readonly string[],
    hold: RunHold | undefined,
  ): Promise<boolean> {
    const { job } = offered
    return await this.#database.transaction(async (inside) => {
      if (hold !== undefined) await mustHold(inside, hold)
      await inside.query('select from ringzero.lease where job = $1 for update', [job])
      const before = (await this.#queue.states([job], inside)).get(job)?.state ?? 'completed'
      if (!from.includes(before)) return false
      if (!(await this.#queue.cancel(queueOf(offered), job, inside))) return false
      // Taken between the two statements: then its machine may exist, and its worker frees it.
      const taken = await inside.query(
        'select from ringzero_jobs.job where id = $1 and started_on is not null',
        [job],
      )
      if (taken.length === 0) await inside.query('delete from ringzero.lease where job = $1', [job])
      return true
    })
  }

  /** The attempts of a run whose end its journal may not have. */
  async ofRun(run: string): Promise<readonly OfferedAttempt[]> {
    const rows = await this.#database.query(
      'select job::text, cell, arm, attempt, worker, host, slot from ringzero.attempt where run = $1 order by offered_at',
      [run],
    )
    return rows.map(offeredAttempt)
  }

  /** States first and lines after: of an attempt that has ended, all lines are there. */
  async look(jobs: readonly string[]): Promise<{
    readonly states: ReadonlyMap<string, JobStatus>
    readonly databaseAt: number
  }> {
    const [row] = await this.#database.query('select extract(epoch from clock_timestamp()) * 1000 as at')
    return { databaseAt: Number(row?.['at']), states: await this.#queue.states(jobs, this.#database) }
  }

  /**
   * Lines of attempts, in order; at most as many as are read at once.
   * @param wanted each job with the number of its first line that is wanted
   */
  async lines(wanted: readonly (readonly [job: string, next: number])[]): Promise<readonly DeliveredLine[]> {
    const rows = await this.#database.query(
      `select job::text, seq, line from (
        select d.job, d.seq, d.line, row_number() over (order by d.job, d.seq) as place,
            sum(octet_length(d.line)) over (order by d.job, d.seq) as bytes
          from ringzero.delivery d join unnest($1::uuid[], $2::int[]) as t (job, next)
            on d.job = t.job and d.seq >= t.next and d.seq < t.next + ${MOST_LINES}) as found
        where place = 1 or (place <= ${MOST_LINES} and bytes <= ${MOST_BYTES}) order by place`,
      [wanted.map(([job]) => job), wanted.map(([, next]) => next)],
    )
    return rows.map(({ job, seq, line }) => ({ job: String(job), seq: Number(seq), line: String(line) }))
  }

  /** Lines before `before` are in the journal. @throws AppError RUN_TAKEN_OVER */
  async linesTaken(hold: RunHold, taken: ReadonlyMap<string, number>): Promise<void> {
    await this.#database.transaction(async (inside) => {
      await mustHold(inside, hold)
      await inside.query(
        `delete from ringzero.delivery d using unnest($1::uuid[], $2::int[]) as t (job, before) where d.job = t.job and d.seq < t.before`,
        [[...taken.keys()], [...taken.values()]],
      )
    })
  }

  /** The pieces of a file of evidence, in order. */
  async *evidence(job: string, sha: string): AsyncGenerator<Uint8Array> {
    for (let part = 0; ; part += 1) {
      const [row] = await this.#database.query(
        'select bytes from ringzero.evidence where job = $1 and sha256 = $2 and part = $3',
        [job, sha, part],
      )
      if (row === undefined) return
      yield row['bytes'] as Uint8Array
    }
  }

  /**
   * The end of an attempt is in the journal: nothing of it is needed any more but the share that a lost machine may still take.
   * @throws AppError RUN_TAKEN_OVER
   */
  async settled(offered: OfferedAttempt, hold: RunHold): Promise<void> {
    await this.#database.transaction(async (inside) => {
      await mustHold(inside, hold)
      await inside.query('delete from ringzero.attempt where job = $1', [offered.job])
      await this.#queue.remove(queueOf(offered), offered.job, inside)
    })
  }
}

/** What happens in this transaction happens before another coordinator holds the run, or not at all. */
async function mustHold(inside: Statements, { run, holder }: RunHold): Promise<void> {
  const rows = await inside.query('select from ringzero.run where id = $1 and holder = $2 for share', [
    run,
    holder,
  ])
  if (rows.length === 0) throw takenOver(run)
}

/** The error of a coordinator that does not hold its run any more. */
export function takenOver(run: string): AppError {
  return new AppError(
    'RUN_TAKEN_OVER',
    'cancelled',
    `another coordinator goes on with the run ${run}, or it was closed`,
    { hint: 'see `ringzero fleet`; what this one has written down ends here' },
  )
}

function offeredAttempt({ job, cell, arm, attempt, worker, host, slot }: Row): OfferedAttempt {
  return {
    job: String(job),
    cell: String(cell),
    arm: arm === 'control' ? 'control' : 'candidate',
    attempt: Number(attempt),
    worker: String(worker),
    host: String(host),
    slot: Number(slot),
  }
}
