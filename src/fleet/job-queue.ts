/**
 * The queue engine, pg-boss, behind what this project needs of it: one queue a host, one job an attempt, no retries of its own. A
 * job's state is the one truth about a lease: all who change it do so in the transaction of what they change beside it.
 */
import type { Db, PgBoss } from 'pg-boss'
import { z } from 'zod'
import type { Database, Statements } from './database.ts'

/** Schema of pg-boss's tables. */
export const JOBS_SCHEMA = 'ringzero_jobs'

/** created: waits. active: held by a worker. The others are ends; failed: lost, or given up by its worker. */
export type JobState = 'created' | 'active' | 'completed' | 'failed' | 'cancelled'

export interface JobStatus {
  readonly state: JobState
  readonly because: string | undefined
}

export interface QueuedJob {
  /** A UUID, given by who sends it: the same job is never sent twice. */
  readonly id: string
  readonly priority: number
  readonly data: object
  /** A holder that is silent for longer is lost. */
  readonly silenceSeconds: number
}

/** What pg-boss answers, which its types do not say: the jobs that a call changed. */
const AnswerSchema = z.object({ settled: z.array(z.string()) })

/** An attempt that runs for longer is lost: all phases together have shorter deadlines. */
const LONGEST_ATTEMPT_SECONDS = 86_000

export class JobQueue {
  readonly #boss: PgBoss
  readonly #known = new Set<string>()

  private constructor(boss: PgBoss) {
    this.#boss = boss
  }

  /** @param install makes or renews its tables, which needs an owner's rights */
  static async open(database: Database, { install = false } = {}): Promise<JobQueue> {
    const { PgBoss: Engine } = await import('pg-boss')
    const boss = new Engine({
      db: adapter(database),
      schema: JOBS_SCHEMA,
      migrate: install,
      createSchema: install,
      supervise: false,
      schedule: false,
      registerInstance: false,
      reindex: false,
      monitorVacuum: false,
    })
    // Its errors come back from the calls, too; without a listener they would end the process.
    boss.on('error', () => undefined)
    await boss.start()
    return new JobQueue(boss)
  }

  /** Makes the queue of a host where there is none. */
  async prepare(queue: string): Promise<void> {
    if (this.#known.has(queue)) return
    await this.#boss.createQueue(queue, {
      policy: 'standard',
      retryLimit: 0,
      expireInSeconds: LONGEST_ATTEMPT_SECONDS,
      heartbeatSeconds: 60,
      retentionSeconds: 90 * 86_400,
      deleteAfterSeconds: 0,
    })
    this.#known.add(queue)
  }

  async send(queue: string, job: QueuedJob, inside: Statements): Promise<void> {
    const { id, priority, data, silenceSeconds: heartbeatSeconds } = job
    await this.#boss.send(queue, data, { id, priority, heartbeatSeconds, retryLimit: 0, db: adapter(inside) })
  }

  /** Takes waiting jobs, those with the highest priority first. None where nothing was ever sent to this queue. */
  async fetch(
    queue: string,
    most: number,
  ): Promise<readonly { readonly id: string; readonly data: unknown }[]> {
    if (!this.#known.has(queue) && (await this.#boss.getQueue(queue)) === null) return []
    this.#known.add(queue)
    const jobs = await this.#boss.fetch<object>(queue, { batchSize: most })
    return jobs.map(({ id, data }) => ({ id, data }))
  }

  /** Says that these are still held. @returns those that are */
  async touch(queue: string, ids: readonly string[], inside: Statements): Promise<ReadonlySet<string>> {
    const answer = await this.#boss.touch(queue, ids.map(firstTry), { db: adapter(inside) })
    return new Set(AnswerSchema.parse(answer).settled)
  }

  /** @returns false when it is no longer held */
  async complete(queue: string, id: string, inside: Statements): Promise<boolean> {
    const answer = await this.#boss.complete(queue, [firstTry(id)], null, { db: adapter(inside) })
    return AnswerSchema.parse(answer).settled.length > 0
  }

  /** @returns false when it is no longer held */
  async fail(queue: string, id: string, because: string, inside: Statements): Promise<boolean> {
    const answer = await this.#boss.fail(queue, [firstTry(id)], { because }, { db: adapter(inside) })
    return AnswerSchema.parse(answer).settled.length > 0
  }

  /** Ends a job that waits or is held. @returns false when it had an end */
  async cancel(queue: string, id: string, inside: Statements): Promise<boolean> {
    const answer = await this.#boss.cancel(queue, [id], { db: adapter(inside) })
    return AnswerSchema.parse(answer).settled.length > 0
  }

  async remove(queue: string, id: string, inside: Statements): Promise<void> {
    await this.#boss.deleteJob(queue, [id], { db: adapter(inside) })
  }

  /** The states of jobs; a job that is not there is left out. */
  async states(ids: readonly string[], inside: Statements): Promise<ReadonlyMap<string, JobStatus>> {
    const rows = await inside.query(
      `select id::text, state::text, left(output->>'because', 300) as because from ${JOBS_SCHEMA}.job where id = any($1::uuid[])`,
      [ids],
    )
    return new Map(
      rows.map(({ id, state, because }) => [
        String(id),
        { state: String(state) as JobState, because: typeof because === 'string' ? because : undefined },
      ]),
    )
  }

  /**
   * Of these, those whose holder was silent for too long by the database's clock, or has held them for longer than any attempt takes;
   * they stay as they are until the transaction ends.
   */
  async silent(ids: readonly string[], inside: Statements): Promise<readonly string[]> {
    const rows = await inside.query(
      `select id::text from ${JOBS_SCHEMA}.job
        where id = any($1::uuid[]) and state = 'active'
          and (heartbeat_on + heartbeat_seconds * interval '1 second' < clock_timestamp()
            or started_on + expire_seconds * interval '1 second' < clock_timestamp())
        for update skip locked`,
      [ids],
    )
    return rows.map(({ id }) => String(id))
  }

  async close(): Promise<void> {
    await this.#boss.stop({ graceful: false, close: false }).catch(() => undefined)
  }
}

/** No job is ever tried twice under one id. */
function firstTry(id: string): { readonly id: string; readonly retryCount: number } {
  return { id, retryCount: 0 }
}

function adapter(statements: Statements): Db {
  return { executeSql: async (text, values) => ({ rows: [...(await statements.query(text, values))] }) }
}
