/** The page over all that was published to one partner, its feed and its checksums; made from reports.json alone. */
import type { PartnerReport } from '../model/partner-report.ts'
import { INDEX_FILES, type IndexedReport, type PartnerIndex } from '../model/partner-index.ts'
import { sha256 } from '../kit/hash.ts'

/** The index with this report in it. A report that is published again takes its own place. */
export function withReport(
  earlier: PartnerIndex | undefined,
  report: PartnerReport,
  zip: Uint8Array,
): PartnerIndex {
  const { id, state, supersedes, reason, issued, expires, tlp, result, because, candidate } = report
  const entry: IndexedReport = {
    id,
    state,
    ...(supersedes === undefined ? {} : { supersedes }),
    ...(reason === undefined ? {} : { reason }),
    issued,
    expires,
    tlp,
    result,
    because,
    candidate: { title: candidate.title, release: candidate.release },
    zipSha256: sha256(zip),
  }
  const others = (earlier?.reports ?? []).filter((one) => one.id !== id)
  return {
    schema: 'ringzero/partner-index/1',
    publisher: report.publisher,
    audience: report.audience,
    // Of one day the last that came is the newest.
    reports: [entry, ...others].toSorted((a, b) => (a.issued < b.issued ? 1 : a.issued > b.issued ? -1 : 0)),
  }
}

/** What stands for a report today: the reader must not take an old one for good. */
export function standingOf(report: IndexedReport, { reports }: PartnerIndex): string {
  const successor = reports.find(({ supersedes }) => supersedes === report.id)
  if (report.state === 'withdrawn') return `withdraws ${report.supersedes ?? 'a report'}`
  if (successor === undefined) return 'current'
  return successor.state === 'withdrawn' ? `withdrawn by ${successor.id}` : `superseded by ${successor.id}`
}

/** path → text of the index's files. */
export function renderIndex(index: PartnerIndex): ReadonlyMap<string, string> {
  const texts = new Map([
    [INDEX_FILES.page as string, pageOf(index)],
    [INDEX_FILES.feed, feedOf(index)],
    [INDEX_FILES.data, `${JSON.stringify(index, undefined, 2)}\n`],
  ])
  const sums = [
    ...index.reports.map(({ id, zipSha256 }) => `${zipSha256}  ${id}.zip\n`),
    ...[...texts].map(([path, text]) => `${sha256(text)}  ${path}\n`),
  ]
  return new Map([
    ...texts,
    [INDEX_FILES.checksums, sums.sort((a, b) => (a.slice(66) < b.slice(66) ? -1 : 1)).join('')],
  ])
}

const STYLE =
  'body{font:16px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:70rem;padding:0 1rem;color-scheme:light dark}table{border-collapse:collapse;width:100%}th,td{text-align:left;padding:.4rem .6rem;border-bottom:1px solid #8886;vertical-align:top}'

function pageOf(index: PartnerIndex): string {
  const { publisher, audience, reports } = index
  const rows = reports.map((report) => {
    const { id, issued, expires, tlp, result, because, reason, candidate } = report
    const about = reason === undefined ? because : `${because} ${reason}`
    const cells = [
      issued,
      `${candidate.title} ${candidate.release}`,
      result,
      standingOf(report, index),
      about,
      expires,
      tlp,
    ]
    return `<tr>${cells.map((text) => `<td>${escaped(text)}</td>`).join('')}<td><a href="${escaped(id)}/index.html">page</a> <a href="${escaped(id)}.zip">zip</a></td></tr>`
  })
  const title = `Reports of ${publisher} for ${audience.title}`
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${escaped(title)}</title><link rel="alternate" type="application/atom+xml" href="${INDEX_FILES.feed}">
<style>${STYLE}</style></head><body><h1>${escaped(title)}</h1>
<table><thead><tr>${['Issued', 'Update', 'Result', 'Standing', 'Because', 'Good until', 'Label', 'Read'].map((text) => `<th scope="col">${text}</th>`).join('')}</tr></thead>
<tbody>
${rows.join('\n')}
</tbody></table>
<p>This page is not signed; each report is. Check a zip by <code>ringzero verify REPORT.zip --key publisher.pem</code>, and what was downloaded by <code>sha256sum --check ${INDEX_FILES.checksums}</code>. <a href="${INDEX_FILES.feed}">Feed</a></p>
</body></html>
`
}

/** RFC 4287. Ids are those of reports, so that a reader shows each once. */
function feedOf(index: PartnerIndex): string {
  const { publisher, audience, reports } = index
  const entries = reports.map((report) => {
    const { id, issued, candidate, result, because } = report
    return `<entry><id>urn:ringzero:${escaped(id)}</id><title>${escaped(`${candidate.title} ${candidate.release}: ${result} (${standingOf(report, index)})`)}</title><updated>${issued}T00:00:00Z</updated><link href="${escaped(id)}/index.html"/><summary>${escaped(because)}</summary></entry>`
  })
  return `<?xml version="1.0" encoding="utf-8"?>
<feed xmlns="http://www.w3.org/2005/Atom"><id>urn:ringzero:reports:${escaped(audience.name)}</id><title>${escaped(`Reports of ${publisher} for ${audience.title}`)}</title><author><name>${escaped(publisher)}</name></author><updated>${reports[0]?.issued ?? '1970-01-01'}T00:00:00Z</updated>
${entries.join('\n')}
</feed>
`
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

/** For text and attributes of HTML and XML; what XML 1.0 cannot hold is left out. */
function escaped(text: string): string {
  return (
    text
      // oxlint-disable-next-line eslint/no-control-regex
      .replace(/[\0-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '')
      .replace(/[&<>"']/g, (sign) => ENTITIES[sign] ?? '')
  )
}
