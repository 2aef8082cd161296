/** What of the gate was changed since an earlier run, and by whom where its files stand in a git repository. */
import { readFile } from 'node:fs/promises'
import { basename, dirname, resolve } from 'node:path'
import { formatInstant, type Instant } from '../kit/clock.ts'
import { writeFileAtomic } from '../kit/files.ts'
import { runProgram } from '../kit/process.ts'
import { oneLine } from '../kit/text.ts'
import type { GateAuthor, GateLedger } from '../model/gate-change.ts'
import { PolicySchema, type Policy } from '../model/policy.ts'
import { runFolderPaths } from '../record/run-folder.ts'
import { readRunInputs } from '../record/run-inputs.ts'
import { gateChanges, type GateInputs } from '../report/gate-changes.ts'
import type { JudgedRun } from './judge-run.ts'

const GIT_MS = 10_000

/** Keeps the policy that a run was judged by, for those that come after it. */
export async function keepPolicy(runFolder: string, policy: Policy): Promise<void> {
  await writeFileAtomic(runFolderPaths(runFolder).policy, `${JSON.stringify(policy, undefined, 2)}\n`)
}

/** @throws AppError RUN_UNREADABLE (user) where one of both folders has no inputs */
export async function gateLedger(
  now: {
    readonly runFolder: string
    readonly judged: JudgedRun
    readonly policy: Policy
    readonly policyFile: string | undefined
  },
  earlier: { readonly runFolder: string; readonly judged: JudgedRun },
  signal: AbortSignal,
): Promise<GateLedger> {
  const [inputs, old] = await Promise.all([readRunInputs(now.runFolder), readRunInputs(earlier.runFolder)])
  const before = await readPolicy(earlier.runFolder)
  const changes = gateChanges(
    gateOf(earlier.judged, old.matrix, before),
    gateOf(now.judged, inputs.matrix, now.policy),
  )
  const since = earlier.judged.report.run.startedAt
  const files = [
    ['policy', now.policyFile],
    ['matrix', inputs.files.matrix],
  ] as const
  const authors = await Promise.all(
    files.map(async ([file, path]) =>
      path === undefined || !changes.some((change) => change.file === file)
        ? []
        : (await authorsSince(resolve(path), since, signal)).map((author) => ({ file, ...author })),
    ),
  )
  const { id: run } = earlier.judged.report.run
  return { run, policyOnRecord: before !== undefined, changes, authors: authors.flat() }
}

function gateOf({ plan }: JudgedRun, matrix: GateInputs['matrix'], policy: Policy | undefined): GateInputs {
  return { policy, matrix, settings: plan.settings, strength: plan.strength }
}

/** Of a run of an older version, or of one whose file was damaged, nothing is known. */
async function readPolicy(runFolder: string): Promise<Policy | undefined> {
  try {
    return PolicySchema.parse(JSON.parse(await readFile(runFolderPaths(runFolder).policy, 'utf8')))
  } catch {
    return undefined
  }
}

/** Commits that touched the file since then, the newest first, and a change that is not committed; empty without git. */
async function authorsSince(
  file: string,
  since: Instant,
  signal: AbortSignal,
): Promise<Omit<GateAuthor, 'file'>[]> {
  const git = async (...more: readonly string[]): Promise<string> => {
    const { exitCode, stdout } = await runProgram('git', [...more, '--', basename(file)], {
      cwd: dirname(file),
      timeoutMs: GIT_MS,
      signal,
    })
    return exitCode === 0 ? stdout.toString('utf8') : ''
  }
  const [status, log] = await Promise.all([
    git('status', '--porcelain'),
    git('log', '-5', `--since=${formatInstant(since)}`, '--format=%an%x09%aI%x09%h'),
  ])
  const committed = log
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [author = '', at = '', commit = ''] = line.split('\t')
      return { author: oneLine(author, 100), at, commit }
    })
  return [...(status.trim() === '' ? [] : [{ author: 'somebody' }]), ...committed]
}
