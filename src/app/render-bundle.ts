/** What a partner gets to read: his report as data, as a page, for CI and for a pull request; all made from his report alone. */
import { pageFrame } from '../kit/inert-page.ts'
import { BUNDLE_FILES } from '../model/bundle.ts'
import type { PartnerReport } from '../model/partner-report.ts'
import { renderHtml } from '../plugins/reporters/html.ts'
import { renderJunit } from '../plugins/reporters/junit.ts'
import { renderPartnerSummary } from '../plugins/reporters/partner-summary.ts'
import { asReport } from '../publish/as-report.ts'
import type { ScannedFile } from '../publish/leak-scan/scan.ts'
import { normalForms, wordsOf } from '../publish/leak-scan/normal-form.ts'
import { viewsOf } from '../publish/leak-scan/views.ts'
import { sampleReports } from '../publish/sample-report.ts'

const LINKED = [BUNDLE_FILES.report, BUNDLE_FILES.junit, BUNDLE_FILES.summary]

/** The rendered files in a form that the leak scan takes. @throws Error when the page has not been built */
export async function renderBundle(partner: PartnerReport): Promise<ScannedFile[]> {
  const { report, gate } = asReport(partner)
  const nothing = { list: async () => LINKED, evidence: async () => undefined }
  const audience = { tlp: partner.tlp, result: partner.result }
  const page = await renderHtml(report, gate, nothing, audience)
  const file = (path: string, text: string): ScannedFile => ({ path, bytes: Buffer.from(text) })
  return [
    file(BUNDLE_FILES.report, `${JSON.stringify(partner, undefined, 2)}\n`),
    { ...file(BUNDLE_FILES.page, page), constant: await pageFrame('report') },
    file(BUNDLE_FILES.junit, renderJunit(report, { warn: 'skipped', attachment: () => undefined })),
    file(BUNDLE_FILES.summary, renderPartnerSummary(partner, report.notes)),
  ]
}

/** Words that stand in every bundle, whatever the run: they cannot tell anything. */
export async function bundleVocabulary(): Promise<ReadonlySet<string>> {
  vocabulary ??= readVocabulary()
  return await vocabulary
}

let vocabulary: Promise<ReadonlySet<string>> | undefined

async function readVocabulary(): Promise<ReadonlySet<string>> {
  const words = new Set<string>()
  for (const partner of sampleReports())
    for (const { bytes, constant = [] } of await renderBundle(partner)) {
      let text = Buffer.from(bytes).toString('utf8')
      for (const part of constant) text = text.replace(part, ' ')
      for (const view of viewsOf(Buffer.from(text)))
        if (view.hidden.length === 0 || view.hidden.includes('gzip'))
          for (const word of wordsOf(view.text)) for (const form of normalForms(word)) words.add(form)
    }
  return words
}
