/** What was published, or would be. */
import type { Published } from '../app/publish-run.ts'

/** Of a dry run: each file, and what its reader would see. */
export function formatPublished(published: Published, dryRun: boolean): string[] {
  const { report, folder, zip, sizes, zipBytes, sentTo } = published
  const result = `${report.result}: ${report.because}`
  if (!dryRun) return [result, folder, zip, ...(sentTo === undefined ? [] : [`sent to ${sentTo}`])]
  return [
    `nothing was written; ${report.audience.title} would get, as ${report.id}:`,
    ...[...sizes].map(([path, bytes]) => `  ${path} (${bytes} bytes)`),
    `  and all of it as ${report.id}.zip (${zipBytes} bytes)${sentTo === undefined ? '' : `, sent to ${sentTo}`}`,
    `and would see: ${result}`,
    ...seenBy(published).map((line) => `  ${line}`),
  ]
}

function seenBy({ report }: Published): string[] {
  const { tlp, cells, axes, products, candidate, numbers, registration, decision, health } = report
  const told = (of: (cell: (typeof cells)[number]) => readonly string[]): string =>
    [...new Set(cells.flatMap(of))].sort().join(', ') || 'none'
  return [
    `label: ${tlp}`,
    `update: ${candidate.title} ${candidate.release}`,
    `own products: ${products.map(({ title, release }) => `${title} ${release}`).join(', ')}`,
    `machines: ${cells.length}`,
    `axes: ${axes.map(({ title, values }) => `${title} (${values.map((value) => value.title).join(', ')})`).join('; ') || 'none'}`,
    `failures: ${told(({ symptoms }) => symptoms.map((symptom) => symptom.class ?? 'without a class'))}`,
    `products of others: ${told(({ others }) => others)}`,
    `checks: ${told(({ checks }) => checks)}`,
    `evidence: ${told(({ evidence }) => evidence.map(({ path }) => path))}`,
    `what machines are made of: ${cells.some(({ recipe }) => recipe !== undefined) ? 'yes' : 'no'}`,
    `drivers and filters of own products: ${health === undefined ? 'not told' : health.flatMap(({ footprint }) => Object.values(footprint).flat()).join(', ') || 'none'}`,
    `numbers of attempts: ${numbers}`,
    `decision on the release: ${decision ?? 'not told'}`,
    `signed before the run: ${registration === undefined ? 'no' : 'yes'}`,
  ]
}

/** The same as one document. */
export function publishedDocument(published: Published, dryRun: boolean): object {
  const { report, folder, zip, files, sizes, sentTo } = published
  return {
    schema: 'ringzero/published/1',
    id: report.id,
    dryRun,
    folder,
    zip,
    files,
    bytes: Object.fromEntries(sizes),
    sentTo,
    ...(dryRun ? { report } : {}),
  }
}
