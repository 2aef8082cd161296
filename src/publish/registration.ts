/**
 * What a run promises one partner before it begins, and whether his report keeps it. Pseudonyms and keyed hashes alone: the same run
 * has other ones for every partner, and what is counted is what his report counts, too.
 */
import { canonicalJson, hashJson } from '../kit/hash.ts'
import type { Registration } from '../model/bundle.ts'
import { COMMITMENTS, type Commitments } from '../model/commitments.ts'
import type { PartnerReport } from '../model/partner-report.ts'
import type { Partner } from '../model/partners.ts'
import type { Plan } from '../model/plan.ts'
import type { Pseudonyms } from './pseudonyms.ts'

/** What is promised, or what was done. */
export interface RunBasis {
  readonly plan: Plan
  /** By which the run went: that of the plan, unless somebody changed it. */
  readonly seed: number
  readonly policySha256: string
}

/** Keyed hashes of what the run rests on. */
export function commitmentsOf({ plan, seed, policySha256 }: RunBasis, pseudonyms: Pseudonyms): Commitments {
  return {
    plan: pseudonyms.commitment('plan', hashJson(plan)),
    seed: pseudonyms.commitment('seed', String(seed)),
    inputs: pseudonyms.commitment('inputs', canonicalJson(plan.inputs)),
    policy: pseudonyms.commitment('policy', policySha256),
  }
}

/** `earlier`: ids of runs of the same candidate, with the products on their machines. */
export function registrationFor(
  partner: Partner,
  basis: RunBasis & {
    readonly run: string
    /** `2026-11-28` */
    readonly day: string
    readonly tool: string
    readonly earlier: readonly { readonly run: string; readonly products: readonly string[] }[]
  },
  pseudonyms: Pseudonyms,
): Registration {
  const isOwn = (id: string): boolean => partner.products.includes(id)
  return {
    audience: partner.name,
    run: pseudonyms.id('run', basis.run),
    registered: basis.day,
    tool: basis.tool,
    commitments: commitmentsOf(basis, pseudonyms),
    cells: basis.plan.cells
      .filter(({ products }) => products.some(isOwn))
      .map(({ id }) => pseudonyms.id('cell', id))
      .sort(),
    // A run without a product of his is none of his business, and their number would tell of others.
    earlier: basis.earlier
      .filter(({ products }) => products.some(isOwn))
      .map(({ run }) => pseudonyms.id('run', run)),
  }
}

const CHANGED: Readonly<Record<keyof Commitments, string>> = {
  plan: 'another plan',
  seed: 'another seed',
  inputs: 'other inputs',
  policy: 'another policy',
}

/** Sentences without subject on how the report breaks what was registered; empty where it keeps it. */
export function brokenPromises(report: PartnerReport, promised: Registration): string[] {
  const { registration: told, state } = report
  if (promised.audience !== report.audience.name) return ['was signed for another reader']
  if (promised.run !== report.run.id) return ['is that of another run']
  if (told === undefined) return ['is not told in the report']
  const changed = COMMITMENTS.filter((name) => promised.commitments[name] !== told.commitments[name])
  const shown = new Set(report.cells.map(({ id }) => id))
  const registered = new Set(promised.cells)
  const withdrawn = state === 'withdrawn'
  const dropped = withdrawn ? [] : promised.cells.filter((id) => !shown.has(id))
  const foreign = report.cells.filter(({ id, added }) => added !== true && !registered.has(id))
  const untold = promised.earlier.filter((run) => !told.earlier.some((earlier) => earlier.run === run))
  const failed = told.earlier.filter(({ result }) => result === 'incompatible' || result === 'unknown')
  return [
    ...(changed.length === 0
      ? []
      : [`was signed for ${changed.map((name) => CHANGED[name]).join(', ')} than the report was made with`]),
    ...dropped.map((id) => `names ${id}, which the report does not have`),
    ...foreign.map(({ id }) => `does not name ${id}, which the report has`),
    ...untold.map(
      (run) => `names ${run}, an earlier run of the same candidate that the report does not tell`,
    ),
    ...(report.result === 'compatible'
      ? failed.map(({ run, result }) =>
          result === 'unknown'
            ? `names ${run}, an earlier run of the same candidate of which nothing is left, and the report says compatible`
            : `names ${run}, an earlier run of the same candidate that failed, and the report says compatible`,
        )
      : []),
    ...(promised.registered <= report.issued ? [] : ['was signed after the report was issued']),
    ...(promised.tool === report.tool.version ? [] : ['was signed by another version of ringzero']),
    ...(told.asSigned ? [] : ['belongs to a run whose plan or journal was changed after it was signed']),
  ]
}
