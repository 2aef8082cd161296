/** The names of everything in a run folder, each written down once. */
import { join } from 'node:path'
import type { Arm } from '../model/phase.ts'

/** Absolute paths inside one run folder. */
export interface RunFolder {
  /** Configurations, cells, stages, order, seed and the hash of every input. */
  readonly plan: string
  /** What judging needs of the inputs. */
  readonly inputs: string
  /** Which shard of the plan this is; absent in a whole run. */
  readonly shard: string
  /** The plan, signed before the first machine started; absent: the run was not signed. */
  readonly preRegistration: string
  /** Per partner, by name: what the run promised to show him, signed before the first machine started. */
  readonly registrations: string
  /** Length and last hash of the journal, signed at its end. */
  readonly journalHead: string
  /** Receipts of the drills of its lab that came before it. */
  readonly drills: string
  /** Append-only; the source of truth after a crash. */
  readonly journal: string
  /** Held by the process that works on the run. */
  readonly lock: string
  /** What reporters write. */
  readonly report: string
  /** The machine-readable report of an earlier judging. */
  readonly reportDocument: string
  /** The decision of an earlier judging. */
  readonly gate: string
  /** The policy that it was last judged by. */
  readonly policy: string
  /** How the stages of a shard ended, for the shards that wait for them. */
  readonly stages: string
  /** In a merged run: the shards’ own folders, each with its journal as it was written. */
  readonly shards: string
}

/** The paths in the run folder `root`. */
export function runFolderPaths(root: string): RunFolder {
  const report = join(root, 'report')
  return {
    plan: join(root, 'plan.json'),
    inputs: join(root, 'inputs.json'),
    shard: join(root, 'shard.json'),
    preRegistration: join(root, 'signed', 'pre-registration.sigstore.json'),
    registrations: join(root, 'signed', 'partners'),
    journalHead: join(root, 'signed', 'journal.sigstore.json'),
    drills: join(root, 'drills.json'),
    journal: join(root, 'journal.jsonl'),
    lock: join(root, 'run.lock'),
    report,
    reportDocument: join(report, 'report.json'),
    gate: join(report, 'gate.json'),
    policy: join(report, 'policy.json'),
    stages: join(report, 'stages.json'),
    shards: join(root, 'shards'),
  }
}

/** Which try of which cell. */
export interface AttemptKey {
  readonly cell: string
  readonly arm: Arm
  readonly attempt: number
}

/** The folder of an attempt's evidence, relative to the run folder, with `/`. */
export function attemptFolder(key: AttemptKey): string {
  return `cells/${key.cell}/${key.arm}-${key.attempt}`
}

/** The list of an attempt's evidence by hash, relative to the run folder, with `/`. */
export function evidenceManifest(key: AttemptKey): string {
  return `${attemptFolder(key)}/manifest.json`
}
