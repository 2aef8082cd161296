/** What lies in a bundle, and what is signed about it. */
import { z } from 'zod'
import { CommitmentsSchema } from './commitments.ts'
import { Sha256Schema } from './ids.ts'
import type { PartnerReport } from './partner-report.ts'

export const BUNDLE_FILES = {
  report: 'report.json',
  page: 'index.html',
  junit: 'junit.xml',
  summary: 'summary.md',
  print: 'report.pdf',
  manifest: 'manifest.json',
  checksums: 'SHA256SUMS',
} as const

/** Signed in-toto statements, each a Sigstore bundle. */
export const STATEMENT_FILES = {
  reference: 'statements/reference.sigstore.json',
  result: 'statements/test-result.sigstore.json',
  claim: 'statements/claim.sigstore.json',
  release: 'statements/release.sigstore.json',
  registration: 'statements/registration.sigstore.json',
} as const

/** manifest.json: every file of a bundle by hash, but itself, the statements and the list of checksums. */
export const BundleManifestSchema = z.strictObject({
  schema: z.literal('ringzero/bundle/1'),
  report: z.string(),
  files: z.array(z.strictObject({ path: z.string().max(400), sha256: Sha256Schema })),
})
export type BundleManifest = z.output<typeof BundleManifestSchema>

const Descriptor = z.object({
  name: z.string().optional(),
  downloadLocation: z.string().optional(),
  mediaType: z.string().optional(),
  digest: z.object({ sha256: z.string() }).optional(),
})

/** https://github.com/in-toto/attestation/blob/main/spec/v1/statement.md */
export const StatementSchema = z.object({
  _type: z.literal('https://in-toto.io/Statement/v1'),
  subject: z.array(Descriptor).min(1),
  predicateType: z.string(),
  predicate: z.record(z.string(), z.unknown()),
})
export type Statement = z.output<typeof StatementSchema>

/** https://github.com/in-toto/attestation/blob/main/spec/predicates/reference.md */
export const ReferenceSchema = z.object({
  attester: z.object({ id: z.string() }),
  references: z.array(Descriptor),
})

/** What a run will show one partner, signed for him before its first machine started. A predicate of ours. */
export const RegistrationSchema = z.object({
  audience: z.string(),
  /** Pseudonym of the run. */
  run: z.string(),
  /** Day of its beginning. */
  registered: z.iso.date(),
  tool: z.string(),
  commitments: CommitmentsSchema,
  /** Ids of the machines that have a product of the partner, as his report names them, in their order. */
  cells: z.array(z.string()),
  /** Runs of the same candidate that the lab began before, on machines with his products; pseudonyms. */
  earlier: z.array(z.string()),
})
export type Registration = z.output<typeof RegistrationSchema>

/** What a signed result does not say by itself: what it rests on and what it leaves open. A predicate of ours. */
export interface Claim {
  readonly report: string
  readonly result: PartnerReport['result']
  /** self-attested: who tested says so. */
  readonly level: 'self-attested'
  readonly run: Omit<PartnerReport['run'], 'id'>
  readonly cells: { readonly all: number; readonly withoutVerdict: number; readonly waived: number }
  readonly attempts: {
    readonly valid: number
    readonly discarded: number
    readonly numbers: PartnerReport['numbers']
  }
  /** Absent: what the run would show was not signed for this reader before it began. */
  readonly registration?: PartnerReport['registration']
  /** The rehearsal of the gate that came before the run; absent: none did. */
  readonly drill?: PartnerReport['drill']
  readonly notLookedAt: readonly string[]
  readonly issued: string
  readonly expires: string
  readonly tlp: PartnerReport['tlp']
  readonly embargoUntil?: string
  readonly state: PartnerReport['state']
  readonly supersedes?: string
}
