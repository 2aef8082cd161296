/** What `ringzero run` was asked for: a matrix and a candidate, or a plan that was made before. */
import { loadEarlierRun } from '../app/earlier-run.ts'
import { runCandidate, runOrResume, type CandidateOutcome, type RunControls } from '../app/run-candidate.ts'
import { runPlanned, runPlannedOrResume } from '../app/run-planned.ts'
import { AppError } from '../model/errors.ts'

export interface RunFlags {
  readonly matrix?: string | undefined
  readonly plan?: string | undefined
  readonly shard?: string | undefined
  readonly stage?: readonly string[] | undefined
  readonly after?: readonly string[] | undefined
  readonly only?: readonly string[] | undefined
  readonly afterMinutes: number
  readonly candidate?: string | undefined
  readonly lab?: string | undefined
  readonly runFolder?: string | undefined
  /** Goes on with the run in `runFolder` where one was begun. */
  readonly resume: boolean
  readonly strength?: number | undefined
  readonly seed: number
  readonly effort: number
  readonly isolate: number
  readonly settle: number
  readonly since?: string | undefined
  readonly history?: string | undefined
}

/** A function that starts the run. @throws AppError USAGE (user) when the flags contradict each other */
export function runRequest(asked: RunFlags): (controls: RunControls) => Promise<CandidateOutcome> {
  const { plan, matrix, candidate, lab, runFolder, stage = [], after = [], only = [], afterMinutes } = asked
  if (plan !== undefined) {
    if (asked.settle > 0)
      throw usage(
        '--settle adds to a run of a matrix, not to one of a plan',
        'leave it out, or give the matrix',
      )
    const shard = asked.shard === undefined ? undefined : parseShard(asked.shard)
    const files = { plan, matrix, lab, candidate, runFolder, shard, stages: stage, only, after, afterMinutes }
    const begin = asked.resume ? runPlannedOrResume : runPlanned
    return (controls) => begin(files, controls)
  }
  if (asked.shard !== undefined || stage.length > 0 || after.length > 0 || only.length > 0)
    throw usage(
      '--shard, --stage, --after and --only need a plan',
      'make it by `ringzero plan --out FILE`, give it by --plan',
    )
  if (matrix === undefined || candidate === undefined)
    throw usage(
      'give a matrix and --candidate, or --plan',
      'as in: ringzero run matrix.yaml --candidate update',
    )
  const { strength, seed, effort, isolate, settle, since, history } = asked
  const start = asked.resume ? runOrResume : runCandidate
  return async (controls) =>
    await start(
      {
        matrix,
        candidate,
        lab: lab ?? 'lab.yaml',
        seed,
        effort,
        isolate,
        settle,
        ...(strength === undefined ? {} : { strength }),
        ...(runFolder === undefined ? {} : { runFolder }),
        ...(history === undefined ? {} : { history }),
        ...(since === undefined ? {} : { since: await loadEarlierRun(since) }),
      },
      controls,
    )
}

function parseShard(text: string): { readonly index: number; readonly count: number } {
  const [, index, count] = /^(\d{1,4})\/(\d{1,4})$/.exec(text)?.map(Number) ?? []
  if (index === undefined || count === undefined || index < 1 || index > count || count > 1000)
    throw usage(
      `--shard ${text} is no shard`,
      'write which of how many, as 3/8: from 1/8 to 8/8, at most 1000',
    )
  return { index, count }
}

function usage(message: string, hint: string): AppError {
  return new AppError('USAGE', 'user', message, { hint })
}
