/** Real dumps and event logs that others recorded; they are no part of the product and may be missing. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { saySkipped } from '../../../support/skipped-tests.ts'

const folder = join(process.env['RINGZERO_REFERENCE_DATA'] ?? '', 'windows/samples')
export const haveSamples = process.env['RINGZERO_REFERENCE_DATA'] !== undefined && existsSync(folder)
if (!haveSamples)
  saySkipped('set RINGZERO_REFERENCE_DATA to hold the parsers against recorded dumps and event logs')

/** Bytes of a sample file. */
export function sample(name: string): Buffer {
  return readFileSync(join(folder, name))
}

/** Where a sample file is. */
export function samplePath(name: string): string {
  return join(folder, name)
}
