/** manifest.json of a bundle: every file of it by hash. */

export const BUNDLE_FILES = {
  report: 'report.json',
  page: 'index.html',
  junit: 'junit.xml',
  summary: 'summary.md',
  print: 'report.pdf',
  manifest: 'manifest.json',
  checksums: 'SHA256SUMS',
} as const

/** Every file of a bundle but the manifest itself and the list of checksums. */
export interface BundleManifest {
  readonly schema: 'ringzero/bundle/1'
  readonly report: string
  readonly files: readonly { readonly path: string; readonly sha256: string }[]
}
