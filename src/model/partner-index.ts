/** reports.json in the place of one partner: all that was published to him there. */
import { z } from 'zod'
import { Sha256Schema } from './ids.ts'
import { PartnerReportSchema } from './partner-report.ts'

const { candidate } = PartnerReportSchema.shape

export const IndexedReportSchema = PartnerReportSchema.pick({
  id: true,
  state: true,
  supersedes: true,
  reason: true,
  issued: true,
  expires: true,
  tlp: true,
  result: true,
  because: true,
}).extend({ candidate: candidate.pick({ title: true, release: true }), zipSha256: Sha256Schema })
export type IndexedReport = z.output<typeof IndexedReportSchema>

export const PartnerIndexSchema = z.object({
  schema: z.literal('ringzero/partner-index/1'),
  publisher: z.string(),
  audience: z.object({ name: z.string(), title: z.string() }),
  /** The newest first. */
  reports: z.array(IndexedReportSchema).max(10_000),
})
export type PartnerIndex = z.output<typeof PartnerIndexSchema>

export const INDEX_FILES = {
  data: 'reports.json',
  page: 'index.html',
  feed: 'feed.atom',
  checksums: 'SHA256SUMS',
} as const
