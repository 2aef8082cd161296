/** The reference data beside this file, read once each. */
import { readFileSync } from 'node:fs'
import { assetPath } from '../../../kit/assets.ts'

const cache = new Map<string, unknown>()

/** Parsed JSON of `data/<name>.json`. @throws Error when the package is damaged (the file is missing) */
export function readDataFile(name: 'bugchecks' | 'altitudes'): unknown {
  const known = cache.get(name)
  if (known !== undefined) return known
  const parsed: unknown = JSON.parse(
    readFileSync(assetPath(`plugins/guests/windows/data/${name}.json`), 'utf8'),
  )
  cache.set(name, parsed)
  return parsed
}
