/** What a partner's bundle tells of what was signed for him before the run began: the statement itself, and what became of it. */
import type { ByteSigner } from '../kit/signing.ts'
import type { EarlierResult, PartnerReport } from '../model/partner-report.ts'
import type { Partner } from '../model/partners.ts'
import type { Policy } from '../model/policy.ts'
import { systemClock } from '../kit/clock.ts'
import { partnerCells, resultOf } from '../publish/project-report.ts'
import type { Pseudonyms } from '../publish/pseudonyms.ts'
import { commitmentsOf } from '../publish/registration.ts'
import { readSigned } from '../record/journal-chain.ts'
import { judgeRun, type JudgedRun } from './judge-run.ts'
import { earlierRunsOf, registrationPath } from './pre-register.ts'
import { verifyRun } from './verify-run.ts'

export interface BundledRegistration {
  /** As it was signed. */
  readonly text: string
  readonly told: NonNullable<PartnerReport['registration']>
  /** What `verify` will say against this report. */
  readonly warnings: readonly string[]
}

/** Undefined where nothing was signed for this partner before the run began, or where nobody signs now. */
export async function registrationIn(
  runFolder: string,
  partner: Partner,
  judged: JudgedRun,
  policy: Policy,
  pseudonyms: Pseudonyms,
  signer: ByteSigner | undefined,
): Promise<BundledRegistration | undefined> {
  const text = await readSigned(registrationPath(runFolder, partner.name))
  if (text === undefined || signer === undefined) return undefined
  const problems = await verifyRun(runFolder, signer.publicKey)
  const { plan, report, gate } = judged
  // A journal of another plan did not follow this one, whatever both say of themselves.
  const followed = report.run.plan === plan.id ? plan : { ...plan, id: report.run.plan }
  const { earlier, unknown } = await earlierResults(runFolder, partner, policy, pseudonyms, signer)
  return {
    text,
    told: {
      commitments: commitmentsOf(
        { plan: followed, seed: report.run.seed, policySha256: gate.policySha256 },
        pseudonyms,
      ),
      asSigned: problems.length === 0,
      earlier,
    },
    warnings: [
      ...problems.map(({ file, what }) => `the partner will see that the run was changed: ${file} ${what}`),
      ...unknown.map(
        (folder) =>
          `an earlier run of this candidate is gone, so that the report cannot say compatible: ${folder}`,
      ),
    ],
  }
}

/** Earlier runs of the candidate on machines with the partner's products, judged as his report would. */
async function earlierResults(
  runFolder: string,
  partner: Partner,
  policy: Policy,
  pseudonyms: Pseudonyms,
  { publicKey }: ByteSigner,
): Promise<{
  readonly earlier: NonNullable<PartnerReport['registration']>['earlier']
  readonly unknown: readonly string[]
}> {
  // What cannot be trusted was told by verifyRun.
  const known = await earlierRunsOf(runFolder, publicKey).catch(() => [])
  const earlier: { run: string; result: EarlierResult }[] = []
  const unknown: string[] = []
  for (const { run, folder, products } of known) {
    if (!products.some((id) => partner.products.includes(id))) continue
    const result = await judgeRun(folder, policy, systemClock.now()).then(
      ({ report }): EarlierResult =>
        report.run.id === run ? resultOf(partnerCells(report, partner), report, []) : 'unknown',
      (): EarlierResult => 'unknown',
    )
    if (result === 'unknown') unknown.push(folder)
    earlier.push({ run: pseudonyms.id('run', run), result })
  }
  return { earlier, unknown }
}
