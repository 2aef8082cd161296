/** JSON Schemas of every file format, made from the zod schemas; the copies in docs/schemas are held against these by a test. */
import { z } from 'zod'
import { AppError } from '../model/errors.ts'
import { CandidateSchema } from '../model/candidate.ts'
import { DrillReceiptSchema, DrillScenarioSchema } from '../model/drill.ts'
import { LabSchema } from '../model/lab.ts'
import { MatrixSchema } from '../model/matrix.ts'
import { PartnerReportSchema } from '../model/partner-report.ts'
import { PartnersSchema } from '../model/partners.ts'
import { PlanSchema } from '../model/plan.ts'
import { PolicySchema } from '../model/policy.ts'
import { ProductSchema } from '../model/product.ts'
import { GateSchema, ReportSchema } from '../model/report.ts'
import { RingPlanSchema } from '../model/rings.ts'

const FORMATS: Readonly<Record<string, z.ZodType>> = {
  matrix: MatrixSchema,
  candidate: CandidateSchema,
  product: ProductSchema,
  lab: LabSchema,
  policy: PolicySchema,
  partners: PartnersSchema,
  plan: PlanSchema,
  report: ReportSchema,
  gate: GateSchema,
  'partner-report': PartnerReportSchema,
  rings: RingPlanSchema,
  drill: DrillScenarioSchema,
  'drill-receipt': DrillReceiptSchema,
}

/** Names of all formats. */
export const formatNames: readonly string[] = Object.keys(FORMATS)

/** The schema of one format, as a writer of the file sees it (defaults are optional). @throws AppError for an unknown name */
export function jsonSchemaOf(name: string): Record<string, unknown> {
  const schema = FORMATS[name]
  if (schema === undefined)
    throw new AppError('USAGE', 'user', `no file format is called "${name}"`, {
      hint: `use one of: ${formatNames.join(', ')}`,
    })
  return { ...z.toJSONSchema(schema, { io: 'input' }), title: `ringzero ${name}` }
}
