/** What a file format promises, some code keeps: a field that nothing reads does not exist. */
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { z } from 'zod'
import { BundleManifestSchema, StatementSchema } from '../src/model/bundle.ts'
import { CandidateSchema } from '../src/model/candidate.ts'
import { RunEventSchema } from '../src/model/event.ts'
import { CheckpointManifestSchema, ImageManifestSchema, LayerManifestSchema } from '../src/model/image.ts'
import { KnownIncidentsSchema } from '../src/model/known-incidents.ts'
import { LabSchema } from '../src/model/lab.ts'
import { MatrixSchema } from '../src/model/matrix.ts'
import { PartnerReportSchema } from '../src/model/partner-report.ts'
import { PartnersSchema } from '../src/model/partners.ts'
import { PlanSchema } from '../src/model/plan.ts'
import { PolicySchema } from '../src/model/policy.ts'
import { ProductSchema } from '../src/model/product.ts'
import { GateSchema, ReportSchema } from '../src/model/report.ts'
import { RingPlanSchema } from '../src/model/rings.ts'
import { findUnreadFields } from './support/unread-fields.ts'

const root = resolve(import.meta.dirname, '..')

/** Written for readers that are no code of ours, or read in a way that the compiler does not show. */
const TOLD: Readonly<Record<string, readonly string[]>> = {
  'for CI and scripts, which read report.json and gate.json': [
    'RuleResultSchema.metric',
    'ReportSchema.run.sessions',
    'ReportSchema.matrix.axes.title',
    'ReportSchema.matrix.axes.values.title',
    'ReportSchema.matrix.axes.values.weight',
    'StartSummarySchema.settledMs',
    'ControlAttemptSchema.cell',
    'EarlierRunSchema.candidate',
    'ReportSchema.shards.journalSha256',
    'ReportSchema.candidate.kind',
    'ReportSchema.candidate.files',
    'ReportSchema.candidate.files.path',
    'ReportSchema.candidate.files.sha256',
  ],
  'for partners and their programs, which read their report.json': [
    'PartnerCellSchema.discarded',
    'PartnerCellSchema.recovery.step',
    'PartnerCellSchema.recovery.broughtBack',
    'PartnerCellSchema.waived',
    'PartnerCellSchema.evidence.path',
    'PartnerReportSchema.state',
  ],
  'for verifiers of statements': [
    'Descriptor.name',
    'Descriptor.mediaType',
    'ReferenceSchema.attester',
    'ReferenceSchema.attester.id',
  ],
  'read by spellValues, whose type plan and report share by shape': [
    'ReportSchema.matrix.axes.values.spelling',
  ],
  'for a person who looks into a journal': [
    'BootFact.bootId',
    'HangFact.bootOrdinal',
    'ObservationSchema.at',
    'RunEventSchema.session-opened.pid',
    'RunEventSchema.session-opened.host',
    'RunEventSchema.phase-opened.deadline',
  ],
  'for programs; people read its sentences among the notes of the report': ['ReportSchema.gateLedger'],
  'there so that a seal cannot be guessed from its hash': ['SealSchema.salt'],
  'printed by `drill --json`': [
    'DrillResultSchema.title',
    'DrillResultSchema.bad',
    'DrillResultSchema.twin',
    'DrillReceiptSchema.matrix.id',
    'DrillReceiptSchema.lab.hosts',
    'DrillReceiptSchema.lab.hosts.name',
    'DrillReceiptSchema.lab.hosts.provider',
    'DrillReceiptSchema.policy.id',
  ],
  'printed by `layers list --json` and `checkpoints list --json`': [
    'LayerManifestSchema.product.sha256',
    'LayerManifestSchema.facts',
    'CheckpointManifestSchema.host',
    'CheckpointManifestSchema.identity',
  ],
}

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
  bundle: BundleManifestSchema,
  statement: StatementSchema,
  event: RunEventSchema,
  image: ImageManifestSchema,
  layer: LayerManifestSchema,
  checkpoint: CheckpointManifestSchema,
  'known-incidents': KnownIncidentsSchema,
}

/** Names of all fields of a schema, at any depth, but those with one allowed value. */
function namesIn(schema: unknown, names = new Set<string>(), seen = new Set<unknown>()): ReadonlySet<string> {
  if (schema === null || typeof schema !== 'object' || seen.has(schema)) return names
  seen.add(schema)
  const { _zod } = schema as { readonly _zod?: { readonly def: Readonly<Record<string, unknown>> } }
  if (_zod !== undefined) {
    const { type, shape } = _zod.def as {
      readonly type: string
      readonly shape?: Readonly<Record<string, z.ZodType>>
    }
    for (const [name, field] of Object.entries(shape ?? {})) if (field.type !== 'literal') names.add(name)
    if (type !== 'lazy') for (const part of Object.values(_zod.def)) namesIn(part, names, seen)
    return names
  }
  if (schema instanceof Map || schema instanceof Set) return names
  for (const part of Object.values(schema)) namesIn(part, names, seen)
  return names
}

describe('the fields of all file formats', () => {
  const { fields, unread } = findUnreadFields(root)
  const told = Object.values(TOLD).flat()

  it('are each read by some code, or written for readers that are named', () => {
    expect(unread.filter((field) => !told.includes(field))).toEqual([])
  })

  it.each(Object.entries(FORMATS))('are all looked at: %s', (_, schema) => {
    const looked = new Set(fields.map((field) => field.split('.').at(-1)))
    const names = [...namesIn(schema)]
    expect(names.length).toBeGreaterThan(3)
    expect(names.filter((name) => !looked.has(name))).toEqual([])
  })

  it('would be found, though fields of the same name are read elsewhere', () => {
    const file = join(root, 'src/model/lab.ts')
    const text = readFileSync(file, 'utf8')
    const planted = text
      .replace('capacity: z.strictObject({', 'capacity: z.strictObject({\n    title: z.string().optional(),')
      .replace('plugins: z', 'credentials: z.strictObject({ user: z.string() }).optional(),\n  plugins: z')
    expect(planted).not.toBe(text)
    const found = findUnreadFields(root, new Map([[file, planted]])).unread
    expect(found.filter((field) => !unread.includes(field))).toEqual([
      'HostSchema.capacity.title',
      'LabSchema.credentials',
      'LabSchema.credentials.user',
    ])
  })
}, 120_000)
