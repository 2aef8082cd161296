/** Before the first machine of a run: the run goes into the register of its lab, and what it rests on is signed, for each partner, too. */
import { loadPartners, pseudonymKey } from '../inputs/load-partners.ts'
import { writeFileAtomic } from '../kit/files.ts'
import { formatInstant, systemClock } from '../kit/clock.ts'
import { hashJson } from '../kit/hash.ts'
import type { ByteSigner } from '../kit/signing.ts'
import { withFileLock } from '../lab/file-lock.ts'
import { STATEMENT_FILES } from '../model/bundle.ts'
import { AppError } from '../model/errors.ts'
import type { Plan } from '../model/plan.ts'
import type { Policy } from '../model/policy.ts'
import { signStatement } from '../publish/dsse.ts'
import { pseudonymsFor } from '../publish/pseudonyms.ts'
import { registrationFor } from '../publish/registration.ts'
import { PREDICATES } from '../publish/statements.ts'
import { addToRegister, runRegister, type RegisteredRun } from '../record/run-register.ts'
import type { Context } from '../sdk/context.ts'
import { candidateStatement, registrationPath, signingFailed } from './pre-register.ts'
import { toolVersion } from './tool-version.ts'

/** @returns earlier runs of the same candidate in this lab, oldest first */
export async function registerRun(
  from: {
    readonly storeFolder: string
    readonly runFolder: string
    readonly run: string
    readonly plan: Plan
    readonly candidateSha256: string
    /** Which part of the plan, as `3/8`; absent: all of it. */
    readonly part?: string | undefined
  },
  ctx: Context,
): Promise<readonly RegisteredRun[]> {
  const { storeFolder, runFolder, run, plan, part } = from
  const entry = {
    run,
    folder: runFolder,
    candidate: from.candidateSha256,
    products: [...new Set(plan.cells.flatMap(({ products }) => products))].sort(),
    plan: plan.id,
    ...(part === undefined ? {} : { part }),
  }
  const lock = `${runRegister(storeFolder)}.lock`
  return await withFileLock(lock, ctx, () => addToRegister(storeFolder, entry))
}

/**
 * Signs for each partner of the file what the run will show him.
 * @throws AppError INPUT_*, SECRET_*, SIGNING_FAILED
 */
export async function registerForPartners(
  partnersFile: string,
  basis: {
    readonly runFolder: string
    readonly run: string
    readonly plan: Plan
    readonly policy: Policy
    readonly earlier: readonly RegisteredRun[]
  },
  signer: ByteSigner,
): Promise<void> {
  const partners = await loadPartners(partnersFile)
  const key = pseudonymKey(partners, process.env)
  const { runFolder, run, plan, policy, earlier } = basis
  const [day, tool] = [formatInstant(systemClock.now()).slice(0, 10), toolVersion()]
  for (const partner of partners.partners) {
    const registration = registrationFor(
      partner,
      { plan, seed: plan.seed, policySha256: hashJson(policy), run, day, tool, earlier },
      pseudonymsFor(partner.name, key),
    )
    const statement = candidateStatement(plan, PREDICATES.registration, { ...registration })
    const path = registrationPath(runFolder, partner.name)
    await writeFileAtomic(path, await signStatement(statement, signer).catch(signingFailed))
  }
}

/** @throws AppError USAGE (user) for partners without somebody who signs */
export function refuseUnsignedPartners(partners: string | undefined, signer: ByteSigner | undefined): void {
  if (partners === undefined || signer !== undefined) return
  throw new AppError('USAGE', 'user', '--partners signs for each partner, and nobody signs this run', {
    hint: `give --sign or --signer; a partner finds what was signed in ${STATEMENT_FILES.registration} of his report`,
  })
}
