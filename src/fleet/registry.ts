/** Workers and runs as the database knows them: who is there, what is worked on, and which host can carry what. */
import { z } from 'zod'
import { sha256 } from '../kit/hash.ts'
import {
  FitnessSchema,
  RunDocumentSchema,
  RunProgressSchema,
  WorkerHostsSchema,
  type Fitness,
  type RunDocument,
  type RunProgress,
  type WorkerHost,
} from '../model/fleet.ts'
import { PlannedCellSchema, type PlannedCell } from '../model/plan.ts'
import type { Database, Row } from './database.ts'
import type { RunHold } from './lease-store.ts'

export interface RegisteredWorker {
  readonly name: string
  readonly toolVersion: string
  readonly hosts: readonly WorkerHost[]
  /** It ended in order and takes nothing. */
  readonly stopped: boolean
  /** For how long it was not heard of, by the database's clock. */
  readonly silentMs: number
  /** When its process was started, by the database's clock, in milliseconds since 1970. */
  readonly startedAt: number
}

export interface RegisteredRun {
  readonly id: string
  readonly priority: number
  readonly cancelled: boolean
  /** For how long its coordinator was not heard of. */
  readonly silentMs: number
  readonly progress: RunProgress | undefined
}

/** Cells of one sort, and one of them. */
export interface CellSort {
  readonly run: string
  readonly key: string
  readonly cell: PlannedCell
}

const FitnessRowSchema = z.object({ worker: z.string(), key: z.string(), answer: FitnessSchema })

/** Equal for cells that need the same of a host. */
export function sortOf({ machine, image, os, products, provider, start }: PlannedCell): string {
  return sha256(JSON.stringify([machine, image, os, products, provider, start?.from ?? null])).slice(0, 16)
}

export class Registry {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  /** Enters a worker, or its next process. @returns false when the name is another account's */
  async enter(name: string, toolVersion: string, hosts: readonly WorkerHost[]): Promise<boolean> {
    const rows = await this.#database.query(
      `insert into ringzero.worker (name, tool_version, hosts) values ($1, $2, $3)
        on conflict (name) do update set started_at = clock_timestamp(), seen_at = clock_timestamp(), stopped = false,
          tool_version = $2, hosts = $3 where ringzero.worker.login = session_user returning name`,
      [name, toolVersion, JSON.stringify(hosts)],
    )
    // What it said of its hosts before may be wrong now.
    await this.#database.query('delete from ringzero.fitness where worker = $1', [name])
    return rows.length > 0
  }

  /** The worker lives. */
  async seen(name: string, hosts: readonly WorkerHost[]): Promise<void> {
    await this.#database.query(
      'update ringzero.worker set seen_at = clock_timestamp(), hosts = $2, stopped = false where name = $1',
      [name, JSON.stringify(hosts)],
    )
  }

  /** It takes nothing more. */
  async leave(name: string): Promise<void> {
    await this.#database.query('update ringzero.worker set stopped = true where name = $1', [name])
  }

  /** All workers. What one says that breaks the format counts as no host. */
  async workers(): Promise<readonly RegisteredWorker[]> {
    const rows = await this.#database.query(
      `select name, tool_version, hosts, stopped, extract(epoch from clock_timestamp() - seen_at) * 1000 as silent,
          extract(epoch from started_at) * 1000 as started
        from ringzero.worker order by name`,
    )
    return rows.map(({ name, tool_version: toolVersion, hosts, stopped, silent, started }) => ({
      name: String(name),
      toolVersion: String(toolVersion),
      hosts: WorkerHostsSchema.safeParse(hosts).data ?? [],
      stopped: stopped === true,
      silentMs: Number(silent),
      startedAt: Number(started),
    }))
  }

  /** Enters a run, or goes on with it: from now on nobody else does. */
  async openRun({ run, holder }: RunHold, priority: number, document: RunDocument): Promise<void> {
    await this.#database.query(
      `insert into ringzero.run (id, holder, priority, document) values ($1, $2, $3, $4)
        on conflict (id) do update set holder = $2, priority = $3, document = $4, cancelled = false, seen_at = clock_timestamp()`,
      [run, holder, priority, JSON.stringify(document)],
    )
  }

  /** Adds sorts of cells that workers are asked about. */
  async addSorts(run: string, cells: readonly PlannedCell[]): Promise<void> {
    const sorts = new Map(cells.map((cell) => [sortOf(cell), cell]))
    for (const [key, cell] of sorts)
      await this.#database.query(
        'insert into ringzero.sort (run, key, cell) values ($1, $2, $3) on conflict do nothing',
        [run, key, JSON.stringify(cell)],
      )
  }

  /**
   * The coordinator lives.
   * @param wants hosts, as `worker/host`, that can take something of the run that waits: it claims its share of only these
   * @returns whether a person cancelled the run, or another coordinator holds or closed it
   */
  async runSeen(
    { run, holder }: RunHold,
    progress: RunProgress,
    wants: readonly string[],
  ): Promise<'going-on' | 'cancelled' | 'taken-over'> {
    const [row] = await this.#database.query(
      `update ringzero.run set seen_at = clock_timestamp(), waiting = $3, progress = $4, wants = $5 where id = $1 and holder = $2
        returning cancelled`,
      [run, holder, progress.waiting, JSON.stringify(progress), wants],
    )
    if (row === undefined) return 'taken-over'
    return row['cancelled'] === true ? 'cancelled' : 'going-on'
  }

  /** Removes a run and all that waits of it; nothing when somebody else holds it. */
  async closeRun({ run, holder }: RunHold): Promise<void> {
    await this.#database.query('delete from ringzero.run where id = $1 and holder = $2', [run, holder])
  }

  /** Marks a run as cancelled. @returns false when there is none of this name */
  async cancelRun(id: string): Promise<boolean> {
    const rows = await this.#database.query(
      'update ringzero.run set cancelled = true, waiting = 0 where id = $1 returning id',
      [id],
    )
    return rows.length > 0
  }

  /** All runs that are not closed. */
  async runs(): Promise<readonly RegisteredRun[]> {
    const rows = await this.#database.query(
      `select id, priority, cancelled, progress, extract(epoch from clock_timestamp() - seen_at) * 1000 as silent
        from ringzero.run order by priority desc, id`,
    )
    return rows.map(({ id, priority, cancelled, progress, silent }) => ({
      id: String(id),
      priority: Number(priority),
      cancelled: cancelled === true,
      silentMs: Number(silent),
      progress: RunProgressSchema.safeParse(progress).data,
    }))
  }

  /** What a worker must know of a run. @throws ZodError when it breaks the format; undefined when the run is closed */
  async document(run: string): Promise<RunDocument | undefined> {
    const [row] = await this.#database.query('select document from ringzero.run where id = $1', [run])
    return row === undefined ? undefined : RunDocumentSchema.parse(row['document'])
  }

  /** Sorts of cells that a worker has not been asked about. */
  async unanswered(worker: string): Promise<readonly CellSort[]> {
    const rows = await this.#database.query(
      `select s.run, s.key, s.cell from ringzero.sort s join ringzero.run r on r.id = s.run
        where not r.cancelled and not exists
          (select from ringzero.fitness f where f.worker = $1 and f.run = s.run and f.key = s.key) limit 500`,
      [worker],
    )
    return rows.flatMap(cellSort)
  }

  /** What a worker says of a sort; nothing where the run was closed meanwhile. */
  async answer(worker: string, { run, key }: CellSort, fitness: Fitness): Promise<void> {
    await this.#database.query(
      `insert into ringzero.fitness (worker, run, key, answer)
        select $1, $2, $3, $4 where exists (select from ringzero.sort where run = $2 and key = $3)
        on conflict (worker, run, key) do update set answer = $4`,
      [worker, run, key, JSON.stringify(fitness)],
    )
  }

  /** What workers said of the sorts of a run: worker → sort → answer. An answer that breaks the format is none. */
  async answers(run: string): Promise<ReadonlyMap<string, ReadonlyMap<string, Fitness>>> {
    const rows = await this.#database.query(
      'select worker, key, answer from ringzero.fitness where run = $1',
      [run],
    )
    const found = new Map<string, Map<string, Fitness>>()
    for (const row of rows) {
      const { data } = FitnessRowSchema.safeParse(row)
      if (data === undefined) continue
      const known = found.get(data.worker) ?? new Map<string, Fitness>()
      found.set(data.worker, known.set(data.key, data.answer))
    }
    return found
  }
}

function cellSort({ run, key, cell }: Row): readonly CellSort[] {
  const { data } = PlannedCellSchema.safeParse(cell)
  return data === undefined ? [] : [{ run: String(run), key: String(key), cell: data }]
}
