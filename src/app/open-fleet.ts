/** Opens the database of the workers and what stands on it. */
import { databaseError, openDatabase, type Database } from '../fleet/database.ts'
import { JobQueue } from '../fleet/job-queue.ts'
import { LeaseStore } from '../fleet/lease-store.ts'
import { Registry } from '../fleet/registry.ts'

export interface OpenFleet {
  readonly database: Database
  readonly leases: LeaseStore
  readonly registry: Registry
  close(): Promise<void>
}

/** @throws AppError DATABASE_AWAY (host), DATABASE_REFUSED, DATABASE_EMPTY (user) */
export async function openFleet(url: string): Promise<OpenFleet> {
  const database = await openDatabase(url)
  try {
    await database.query('select from ringzero.worker limit 1')
    const queue = await JobQueue.open(database)
    return {
      database,
      leases: new LeaseStore(database, queue),
      registry: new Registry(database),
      async close() {
        await queue.close()
        await database.close()
      },
    }
  } catch (error) {
    await database.close()
    throw databaseError(error)
  }
}

/** What a use case of the fleet throws, as a person is told it; the fleet is closed afterwards. */
export async function withFleet<T>(url: string, work: (fleet: OpenFleet) => Promise<T>): Promise<T> {
  const fleet = await openFleet(url)
  try {
    return await work(fleet)
  } catch (error) {
    throw databaseError(error)
  } finally {
    await fleet.close()
  }
}
