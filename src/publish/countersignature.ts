/** What a second lab signs about a machine of a published report, and what it lifts. */
import { z } from 'zod'
import { isDeepStrictEqual } from 'node:util'
import { sha256 } from '../kit/hash.ts'
import { BUNDLE_FILES, type Statement } from '../model/bundle.ts'
import type { PartnerReport } from '../model/partner-report.ts'
import { BlameSchema, OutcomeSchema } from '../model/verdict.ts'
import type { BundleFiles } from './bundle-zip.ts'
import type { Reproduction } from './compare-reproduction.ts'

export const REPRODUCTION = 'urn:ringzero:predicate:reproduction:1'

const ReproductionStatementSchema = z.object({
  report: z.string(),
  /** sha256 of the bundle's manifest.json: of all that the report was. */
  manifest: z.string(),
  cell: z.string(),
  result: z.enum(['same', 'other', 'open']),
  outcome: OutcomeSchema,
  blame: BlameSchema,
  /** Simulated machines reproduce nothing. */
  simulated: z.boolean(),
  tool: z.string(),
  day: z.iso.date(),
})
export type ReproductionStatement = z.output<typeof ReproductionStatementSchema>

/** The statement on one machine. */
export function reproductionStatement(
  files: BundleFiles,
  report: PartnerReport,
  told: {
    readonly cell: string
    readonly reproduction: Reproduction
    readonly simulated: boolean
    readonly tool: string
    readonly day: string
  },
): Statement {
  const { cell, reproduction, simulated, tool, day } = told
  const { outcome, blame } = reproduction.seen
  const predicate: ReproductionStatement = {
    report: report.id,
    manifest: sha256(files.get(BUNDLE_FILES.manifest) ?? new Uint8Array()),
    cell,
    result: reproduction.result,
    outcome,
    blame,
    simulated,
    tool,
    day,
  }
  return {
    _type: 'https://in-toto.io/Statement/v1',
    subject: [
      {
        name: `${report.candidate.title} ${report.candidate.release}`,
        digest: { sha256: report.candidate.sha256 },
      },
    ],
    predicateType: REPRODUCTION,
    predicate: { ...predicate },
  }
}

/**
 * The id of the machine that this statement says was reproduced.
 * @throws Error with a sentence without subject: why it lifts nothing
 */
export function reproducedCell(statement: Statement, files: BundleFiles, report: PartnerReport): string {
  if (statement.predicateType !== REPRODUCTION) throw new Error('is no statement on a reproduction')
  const parsed = ReproductionStatementSchema.safeParse(statement.predicate)
  if (!parsed.success) throw new Error('is no statement on a reproduction')
  const { cell, manifest, result, outcome, blame, simulated, tool, day } = parsed.data
  const told = report.cells.find(({ id }) => id === cell)
  if (
    manifest !== sha256(files.get(BUNDLE_FILES.manifest) ?? new Uint8Array()) ||
    parsed.data.report !== report.id ||
    told === undefined
  )
    throw new Error('is about another report')
  if (simulated)
    throw new Error(`says that ${cell} was tried on a simulated machine, which reproduces nothing`)
  if (result !== 'same' || !isDeepStrictEqual([outcome, blame], [told.outcome, told.blame]))
    throw new Error(
      `says that ${cell} was ${outcome} there (ringzero ${tool}, ${day}), which is not what the report says`,
    )
  return cell
}
