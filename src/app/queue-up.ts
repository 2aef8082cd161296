/** `ringzero queue up`: makes the tables and roles that coordinator and workers need. */
import { databaseError, openDatabase, type Database } from '../fleet/database.ts'
import { COORDINATOR_ROLE, roleStatements, TABLES, WORKER_ROLE } from '../fleet/fleet-tables.ts'
import { JobQueue } from '../fleet/job-queue.ts'

/** Makes what is missing in a database. @returns what a person does next. @throws AppError DATABASE_* */
export async function prepareDatabase(url: string): Promise<readonly string[]> {
  await makeTables(url)
  return [
    'the tables of ringzero are there; give each account one of two roles, as:',
    `  create role release_manager login; grant ${COORDINATOR_ROLE} to release_manager;`,
    `  create role host_a login; grant ${WORKER_ROLE} to host_a;`,
    'the one may run, watch and cancel; the other may only take what is offered to its own hosts and deliver it',
  ]
}

/** Makes tables and roles, or what of them is missing. @throws AppError DATABASE_* */
export async function makeTables(url: string): Promise<void> {
  const database = await openDatabase(url)
  try {
    await prepare(database)
  } catch (error) {
    throw databaseError(error)
  } finally {
    await database.close()
  }
}

async function prepare(database: Database): Promise<void> {
  const queue = await JobQueue.open(database, { install: true })
  await queue.close()
  for (const statement of TABLES) await database.query(statement)
  for (const statement of roleStatements()) await database.query(statement)
}
