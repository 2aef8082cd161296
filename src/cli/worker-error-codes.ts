/** Codes of the database, of workers, and of runs that workers work on. */
export const WORKER_ERROR_CODES = {
  DATABASE_URL: {
    means:
      'No usable address of the database of the workers is given. An address may hold a password, so no flag takes it.',
    fix: 'write postgres://USER@HOST/DATABASE?sslmode=verify-full into RINGZERO_DATABASE_URL, or into a file that only you can read, and give --database-url file:PATH',
  },
  DATABASE_AWAY: {
    means:
      'The database of the workers does not answer. What runs goes on and is delivered when it answers again.',
    fix: 'start it, or see why this computer cannot reach it; then go on with `ringzero resume RUN --workers`',
  },
  DATABASE_UNTRUSTED: {
    means:
      'The certificate of the database is not signed by an authority that is trusted, or is another host’s.',
    fix: 'give sslrootcert=FILE of its authority in the address, and the host name that stands in the certificate',
  },
  DATABASE_REFUSED: {
    means: 'The database refuses the account, or what the account wants to do.',
    fix: 'grant the account its role: `ringzero queue up` prints the statements',
  },
  DATABASE_EMPTY: {
    means: 'The database has no tables of ringzero, or those of an older version.',
    fix: 'run `ringzero queue up` with an account that owns the database',
  },
  WORKER_NAME: {
    means: 'A worker of this name belongs to another account of the database.',
    fix: 'choose another --name, or log in with the account of that worker',
  },
  WORKER_LOCKED: {
    means: 'Another worker uses the store of this lab: two would not see each other’s machines.',
    fix: 'stop the other one, or give each worker a lab file with a store of its own',
  },
  QUEUE_FOLDER: {
    means: 'The embedded database cannot be served from this folder, or not on this system.',
    fix: 'choose a short path with --folder; on Windows use a PostgreSQL server',
  },
  QUEUE_LOCKED: {
    means: 'Another process serves the embedded database of this folder.',
    fix: 'use it, stop it first, or give --folder another folder',
  },
  RUN_UNKNOWN: {
    means: 'The database has no open run of this name.',
    fix: 'see `ringzero fleet` for the runs that are open',
  },
  RUN_CANCELLED: {
    means:
      'A person cancelled the run by `ringzero queue cancel`. The workers stop its machines; what was recorded is kept.',
    fix: 'go on with it, if that is wanted, by `ringzero resume RUN --workers`',
  },
  RUN_TAKEN_OVER: {
    means:
      'Another coordinator goes on with this run, as after `ringzero resume --workers` on another computer. This one stops.',
    fix: 'follow the run where it goes on; the folder of this one ends where the other took over',
  },
  HOST_LOST: {
    means:
      'A worker was lost, stopped or started anew while it ran an attempt. The attempt counts as nothing and runs again.',
    fix: 'see why the worker went away, and start it again: it removes the machines that it left',
  },
  HOST_NOT_STARTED: {
    means: 'An attempt was offered to a worker and never started there. It is offered again.',
    fix: 'see what keeps the worker from taking it, by its own messages and `ringzero fleet`',
  },
  HOST_DELIVERY: {
    means: 'What a worker sent is not what an attempt writes, so that none of it is counted.',
    fix: 'see that the worker runs the same version on the same images; if it does, report it with the run folder',
  },
  HOST_CANDIDATE: {
    means: 'The candidate’s files did not come to a worker as the coordinator has them.',
    fix: 'leave the candidate as it is while the run goes on; resume the run to send it again',
  },
  HOST_RUN_GONE: {
    means: 'A worker was offered something of a run that is closed.',
    fix: 'do nothing: the offer is void',
  },
}
