/** What a run binds itself to before its first machine starts, and the head of its journal at its end; both signed. */
import type { KeyObject } from 'node:crypto'
import { join } from 'node:path'
import { z } from 'zod'
import { writeFileAtomic } from '../kit/files.ts'
import { hashJson, sha256File } from '../kit/hash.ts'
import type { ByteSigner } from '../kit/signing.ts'
import type { Statement } from '../model/bundle.ts'
import { AppError } from '../model/errors.ts'
import type { Plan } from '../model/plan.ts'
import type { Policy } from '../model/policy.ts'
import { openStatement, signStatement } from '../publish/dsse.ts'
import { followChain, readSigned } from '../record/journal-chain.ts'
import { readRunState } from '../record/read-run-state.ts'
import { runFolderPaths } from '../record/run-folder.ts'
import type { RegisteredRun } from '../record/run-register.ts'
import { toolVersion } from './tool-version.ts'

export const RUN_PREDICATES = {
  preRegistration: 'urn:ringzero:predicate:pre-registration:1',
  journal: 'urn:ringzero:predicate:journal:1',
} as const

/** What is signed of a plan: which cells, inputs (images among them) and seed, under which policy. */
export function registered(plan: Plan, policy: Policy): Statement['predicate'] {
  return {
    plan: hashJson(plan),
    seed: plan.seed,
    cells: plan.cells.map(({ id }) => id),
    inputs: plan.inputs,
    policy: hashJson(policy),
    tool: toolVersion(),
  }
}

/**
 * Signs the plan, unless the run has begun: then it is too late, and `verify` says so.
 * @throws AppError SIGNING_FAILED (host)
 */
export async function preRegister(
  runFolder: string,
  plan: Plan,
  policy: Policy,
  signer: ByteSigner,
  earlier: readonly RegisteredRun[] = [],
): Promise<void> {
  const { preRegistration: path, inputs } = runFolderPaths(runFolder)
  const begun = (await readRunState(runFolder, { details: false })).run !== ''
  // What stands there of a run that was cut off before it began may be of another plan.
  if (begun) return
  // What the run is judged by; a run that is made by parts has none yet.
  const inputsFile = await sha256File(inputs).catch(() => undefined)
  const predicate = {
    ...registered(plan, policy),
    ...(inputsFile === undefined ? {} : { inputsFile }),
    earlier: earlier.map(({ run, folder, products, plan: of, part }) => ({
      run,
      folder,
      products,
      ...(of === undefined ? {} : { plan: of }),
      ...(part === undefined ? {} : { part }),
    })),
  }
  await sign(path, candidateStatement(plan, RUN_PREDICATES.preRegistration, predicate), signer)
}

/** Where the statement for a partner lies in a run folder. */
export function registrationPath(runFolder: string, partner: string): string {
  return join(runFolderPaths(runFolder).registrations, `${partner}.sigstore.json`)
}

const EarlierRunsSchema = z.object({
  earlier: z
    .array(
      z.object({
        run: z.string(),
        folder: z.string(),
        products: z.array(z.string()),
        plan: z.string().optional(),
        part: z.string().optional(),
      }),
    )
    .default([]),
})
export type EarlierRun = z.output<typeof EarlierRunsSchema>['earlier'][number]

/** Runs of the same candidate before this one, as its own statement names them. @throws Error when this key did not sign it */
export async function earlierRunsOf(runFolder: string, publicKey: KeyObject): Promise<readonly EarlierRun[]> {
  const text = await readSigned(runFolderPaths(runFolder).preRegistration)
  if (text === undefined) return []
  return EarlierRunsSchema.parse((await openStatement(text, publicKey)).predicate).earlier
}

/** Signs the journal as it is now. @throws AppError SIGNING_FAILED (host) */
export async function signJournal(runFolder: string, plan: Plan, signer: ByteSigner): Promise<void> {
  const { journal, journalHead } = runFolderPaths(runFolder)
  const { lines, head } = await followChain(journal)
  await sign(journalHead, candidateStatement(plan, RUN_PREDICATES.journal, { lines, head }), signer)
}

/** A statement whose subject is the candidate of this plan. */
export function candidateStatement(
  plan: Plan,
  predicateType: string,
  predicate: Statement['predicate'],
): Statement {
  const candidate = plan.inputs.find(({ role }) => role === 'candidate')
  return {
    _type: 'https://in-toto.io/Statement/v1',
    subject: [{ name: candidate?.name ?? '', digest: { sha256: candidate?.sha256 ?? '' } }],
    predicateType,
    predicate,
  }
}

async function sign(path: string, statement: Statement, signer: ByteSigner): Promise<void> {
  await writeFileAtomic(path, await signStatement(statement, signer).catch(signingFailed))
}

/** @throws AppError SIGNING_FAILED (host), always */
export function signingFailed(error: unknown): never {
  throw new AppError('SIGNING_FAILED', 'host', `the run could not be signed: ${(error as Error).message}`, {
    hint: 'check the program of --signer: bytes on its standard input, a signature on its standard output',
    cause: error,
  })
}
