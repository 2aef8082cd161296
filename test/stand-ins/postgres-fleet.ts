/** A database of the fleet on a PostgreSQL server of its own, with accounts that have one of the two roles. */
import { openDatabase, type Database } from '../../src/fleet/database.ts'
import { COORDINATOR_ROLE, WORKER_ROLE } from '../../src/fleet/fleet-tables.ts'
import { JobQueue } from '../../src/fleet/job-queue.ts'
import { LeaseStore } from '../../src/fleet/lease-store.ts'
import { Registry } from '../../src/fleet/registry.ts'
import { makeTables } from '../../src/app/queue-up.ts'
import { startPostgres } from './postgres-server.ts'

export interface FleetAccount {
  readonly database: Database
  readonly leases: LeaseStore
  readonly registry: Registry
}

export interface PostgresFleet {
  /** May do all. */
  readonly owner: FleetAccount
  /** Makes an account with a role. */
  account(name: string, role: 'coordinator' | 'worker'): Promise<FleetAccount>
  stop(): Promise<void>
}

/** @throws Error where PostgreSQL is not installed */
export async function startPostgresFleet(): Promise<PostgresFleet> {
  const server = startPostgres(60)
  const open: Database[] = []
  const enter = async (url: string): Promise<FleetAccount> => {
    const database = await openDatabase(url)
    open.push(database)
    const queue = await JobQueue.open(database)
    return { database, leases: new LeaseStore(database, queue), registry: new Registry(database) }
  }
  await makeTables(server.url)
  const owner = await enter(server.url)
  return {
    owner,
    async account(name, role) {
      await owner.database.query(
        `create role ${name} login in role ${role === 'worker' ? WORKER_ROLE : COORDINATOR_ROLE}`,
      )
      return await enter(server.urlOf(name))
    },
    async stop() {
      await Promise.all(open.map((database) => database.close()))
      server.stop()
    },
  }
}
