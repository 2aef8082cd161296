/** The tables beside those of the queue engine, and the two roles with the least rights that coordinator and workers need. */
import { JOBS_SCHEMA } from './job-queue.ts'

export const COORDINATOR_ROLE = 'ringzero_coordinator'
export const WORKER_ROLE = 'ringzero_worker'

/** Statements that make what is missing; each may run again. */
export const TABLES: readonly string[] = [
  'create schema if not exists ringzero',
  `create table if not exists ringzero.worker (
    name text primary key, login text not null default session_user, started_at timestamptz not null default clock_timestamp(),
    seen_at timestamptz not null default clock_timestamp(), stopped boolean not null default false,
    tool_version text not null, hosts jsonb not null)`,
  `create table if not exists ringzero.run (
    id text primary key, priority int not null, opened_at timestamptz not null default clock_timestamp(),
    seen_at timestamptz not null default clock_timestamp(), waiting int not null default 0,
    cancelled boolean not null default false, document jsonb not null, progress jsonb)`,
  // The session of the coordinator that goes on with it.
  "alter table ringzero.run add column if not exists holder text not null default ''",
  // Hosts that can take something of it that waits.
  "alter table ringzero.run add column if not exists wants text[] not null default '{}'",
  // Cells of one sort need the same of a host.
  `create table if not exists ringzero.sort (
    run text not null references ringzero.run on delete cascade, key text not null, cell jsonb not null, primary key (run, key))`,
  `create table if not exists ringzero.fitness (
    worker text not null references ringzero.worker on delete cascade, run text not null, key text not null, answer jsonb not null,
    primary key (worker, run, key), foreign key (run, key) references ringzero.sort on delete cascade)`,
  // What a machine takes of a host, from before it may exist until its worker has said that it does not any more.
  `create table if not exists ringzero.lease (
    job uuid primary key, worker text not null references ringzero.worker, host text not null, run text not null,
    vcpus int not null, memory_mib int not null)`,
  'create index if not exists lease_host on ringzero.lease (worker, host)',
  // From the offer until the coordinator has written its end into the journal.
  `create table if not exists ringzero.attempt (
    job uuid primary key, run text not null references ringzero.run on delete cascade, cell text not null, arm text not null,
    attempt int not null, worker text not null, host text not null, slot int not null,
    offered_at timestamptz not null default clock_timestamp())`,
  'create index if not exists attempt_run on ringzero.attempt (run)',
  `create table if not exists ringzero.delivery (
    job uuid not null references ringzero.attempt on delete cascade, seq int not null, line text not null check (length(line) <= 4194304),
    primary key (job, seq))`,
  `create table if not exists ringzero.evidence (
    job uuid not null references ringzero.attempt on delete cascade, sha256 text not null, part int not null,
    bytes bytea not null check (length(bytes) <= 1048576), primary key (job, sha256, part))`,
  `create table if not exists ringzero.candidate_file (
    run text not null references ringzero.run on delete cascade, sha256 text not null, part int not null, bytes bytea not null,
    primary key (run, sha256, part))`,
  // What a worker may write is bounded where it is written: the coordinator reads these rows whole.
  ...bounded(
    'worker',
    'length(name) <= 100 and length(tool_version) <= 100 and octet_length(hosts::text) <= 4194304',
  ),
  ...bounded('fitness', 'octet_length(answer::text) <= 1048576'),
  ...bounded('delivery', 'seq between 0 and 1000000'),
  ...bounded('evidence', 'length(sha256) = 64 and part between 0 and 1023'),
]

function bounded(table: string, condition: string): readonly string[] {
  return [
    `alter table ringzero.${table} drop constraint if exists bounded`,
    `alter table ringzero.${table} add constraint bounded check (${condition})`,
  ]
}

const ROLES = [COORDINATOR_ROLE, WORKER_ROLE]

/** Rows that a worker may see or change are those of the account that it logs in with. */
const OWN = 'exists (select from ringzero.worker w where w.name = worker and w.login = session_user)'
const OWN_JOB =
  'exists (select from ringzero.lease l join ringzero.worker w on w.name = l.worker where l.job = $TABLE.job and w.login = session_user)'
const OWN_QUEUE =
  "exists (select from ringzero.worker w where w.login = session_user and starts_with($TABLE.name, w.name || '/'))"

/** [table, what is granted, rule for its rows] */
const WORKER_RIGHTS: readonly (readonly [string, string, string])[] = [
  ['ringzero.worker', 'select, insert, update', 'login = session_user'],
  ['ringzero.run', 'select (id, priority, cancelled, document)', 'true'],
  ['ringzero.sort', 'select', 'true'],
  ['ringzero.candidate_file', 'select', 'true'],
  ['ringzero.fitness', 'select, insert, update, delete', OWN],
  ['ringzero.lease', 'select, delete', OWN],
  ['ringzero.delivery', 'select, insert', OWN_JOB.replaceAll('$TABLE', 'delivery')],
  ['ringzero.evidence', 'select, insert', OWN_JOB.replaceAll('$TABLE', 'evidence')],
  [`${JOBS_SCHEMA}.job`, 'select, insert, update, delete', OWN_QUEUE.replaceAll('$TABLE', 'job')],
  [
    `${JOBS_SCHEMA}.job_common`,
    'select, insert, update, delete',
    OWN_QUEUE.replaceAll('$TABLE', 'job_common'),
  ],
]

/** Statements that make the roles and give them their rights; each may run again. They need the right to create roles. */
export function roleStatements(): readonly string[] {
  const schemas = ['ringzero', JOBS_SCHEMA]
  return [
    ...ROLES.map(
      (role) =>
        `do $$ begin if not exists (select from pg_roles where rolname = '${role}') then create role ${role} nologin; end if; end $$`,
    ),
    ...schemas.flatMap((schema) => [
      `grant usage on schema ${schema} to ${ROLES.join(', ')}`,
      `grant select, insert, update, delete on all tables in schema ${schema} to ${COORDINATOR_ROLE}`,
      `grant execute on all functions in schema ${schema} to ${ROLES.join(', ')}`,
    ]),
    `grant select on ${JOBS_SCHEMA}.version, ${JOBS_SCHEMA}.queue, ${JOBS_SCHEMA}.job_dependency to ${WORKER_ROLE}`,
    ...WORKER_RIGHTS.flatMap(([table, rights, rule]) => {
      const policy = table.replace('.', '_')
      return [
        `grant ${rights} on ${table} to ${WORKER_ROLE}`,
        `alter table ${table} enable row level security`,
        `drop policy if exists ${policy}_coordinator on ${table}`,
        `create policy ${policy}_coordinator on ${table} to ${COORDINATOR_ROLE} using (true)`,
        `drop policy if exists ${policy}_worker on ${table}`,
        `create policy ${policy}_worker on ${table} to ${WORKER_ROLE} using (${rule}) with check (${rule})`,
      ]
    }),
  ]
}
