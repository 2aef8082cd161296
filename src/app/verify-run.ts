/** `ringzero verify RUN`: whether a run did what it bound itself to before it began, and whether its journal is as it was written. */
import type { KeyObject } from 'node:crypto'
import { basename } from 'node:path'
import { canonicalJson, hashJson, sha256File } from '../kit/hash.ts'
import { openStatement } from '../publish/dsse.ts'
import type { BundleProblem } from '../publish/verify-bundle.ts'
import { followChain, readSigned } from '../record/journal-chain.ts'
import { readRunDrills } from '../record/run-drills.ts'
import { readRunState } from '../record/read-run-state.ts'
import { runFolderPaths } from '../record/run-folder.ts'
import { readRunPlan } from '../record/run-plan.ts'
import { DRILL_PREDICATE } from './drill-receipts.ts'
import { earlierRunsOf, RUN_PREDICATES, type EarlierRun } from './pre-register.ts'

/** Empty: nothing is wrong. @throws AppError RUN_UNREADABLE, JOURNAL_DAMAGED (user) */
export async function verifyRun(runFolder: string, publicKey: KeyObject): Promise<readonly BundleProblem[]> {
  const paths = runFolderPaths(runFolder)
  const problems: BundleProblem[] = []
  const note = (path: string, what: string): void => void problems.push({ file: basename(path), what })
  const open = async (path: string, type: string): Promise<Readonly<Record<string, unknown>> | undefined> => {
    const text = await readSigned(path)
    if (text === undefined) {
      note(path, 'is missing: the run was not signed')
      return undefined
    }
    try {
      const statement = await openStatement(text, publicKey)
      if (statement.predicateType === type) return statement.predicate
      note(path, 'is a statement of another sort')
    } catch (error) {
      note(path, `cannot be trusted: ${(error as Error).message}`)
    }
    return undefined
  }
  const promised = await open(paths.preRegistration, RUN_PREDICATES.preRegistration)
  const signed = await open(paths.journalHead, RUN_PREDICATES.journal)
  const plan = await readRunPlan(runFolder)
  const state = await readRunState(runFolder, { details: false })
  const { lines, head, broken } = await followChain(paths.journal)
  if (promised !== undefined && promised['plan'] !== hashJson(plan)) {
    const cells = plan.cells.map(({ id }) => id)
    const what = [
      ...(promised['seed'] === plan.seed ? [] : ['its seed']),
      ...(canonicalJson(promised['cells']) === canonicalJson(cells) ? [] : ['its cells']),
      ...(canonicalJson(promised['inputs']) === canonicalJson(plan.inputs) ? [] : ['its inputs']),
    ]
    note(
      paths.plan,
      `is not the plan that was signed before the run began: ${what.join(', ') || 'its settings'} changed`,
    )
  }
  const inputs = promised?.['inputsFile']
  if (inputs !== undefined && inputs !== (await sha256File(paths.inputs).catch(() => undefined)))
    note(paths.inputs, 'is not what the run began with')
  if (state.plan !== plan.id || state.seed !== plan.seed) note(paths.journal, 'was written for another plan')
  if (promised !== undefined && promised['tool'] !== state.toolVersion)
    note(paths.journal, 'was begun by another version of ringzero than signed the plan')
  for (const { receipt, signature } of await readRunDrills(runFolder)) {
    if (signature === undefined) continue
    try {
      const { predicateType, predicate } = await openStatement(signature.bundle, publicKey)
      if (predicateType !== DRILL_PREDICATE || canonicalJson(predicate) !== canonicalJson(receipt))
        note(paths.drills, 'has a receipt that differs from the signed one')
    } catch (error) {
      note(paths.drills, `has a receipt that cannot be trusted: ${(error as Error).message}`)
    }
  }
  if (broken !== undefined)
    note(paths.journal, `does not follow from what was written before, from line ${broken} on`)
  else if (signed !== undefined && (signed['head'] !== head || signed['lines'] !== lines))
    note(paths.journal, `has ${lines} lines; ${String(signed['lines'])} were signed at its end`)
  return problems
}

/** Runs of the same plan that a lab began before these, as their own signed statements name them, and that are none of these. */
export async function repeatedRuns(
  runFolders: readonly string[],
  publicKey: KeyObject,
): Promise<readonly EarlierRun[]> {
  const own = new Set<string>()
  const plans = new Set<string>()
  const named = new Map<string, EarlierRun>()
  for (const folder of runFolders) {
    const { run, plan } = await readRunState(folder, { details: false })
    own.add(run)
    plans.add(plan)
    // What cannot be trusted is told by verifyRun.
    for (const earlier of await earlierRunsOf(folder, publicKey).catch(() => []))
      named.set(earlier.run, earlier)
  }
  return [...named.values()].filter(({ run, plan }) => plan !== undefined && plans.has(plan) && !own.has(run))
}
