/** manifest.json and SHA256SUMS of a bundle, each with exactly one spelling, so that a changed byte in them is a changed file. */
import { sha256 } from '../kit/hash.ts'
import type { BundleManifest } from '../model/bundle.ts'
import type { BundleFiles } from './bundle-zip.ts'

/** `files`: all but the manifest itself and what comes after it. */
export function manifestText(report: string, files: BundleFiles): string {
  const manifest: BundleManifest = {
    schema: 'ringzero/bundle/1',
    report,
    files: [...files].sort(byPath).map(([path, bytes]) => ({ path, sha256: sha256(bytes) })),
  }
  return `${JSON.stringify(manifest, undefined, 2)}\n`
}

/** As `sha256sum --check` reads it. */
export function checksumText(files: BundleFiles): string {
  return [...files]
    .sort(byPath)
    .map(([path, bytes]) => `${sha256(bytes)}  ${path}\n`)
    .join('')
}

function byPath([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return a < b ? -1 : a > b ? 1 : 0
}
