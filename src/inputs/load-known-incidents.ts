/** The incidents that ship with ringzero. */
import { readFileSync } from 'node:fs'
import { assetPath } from '../kit/assets.ts'
import { KnownIncidentsSchema, type KnownIncidents } from '../model/known-incidents.ts'

let loaded: KnownIncidents | undefined

/** Reads them once. @throws ZodError where the shipped file breaks its format, which a test excludes */
export function knownIncidents(): KnownIncidents {
  loaded ??= KnownIncidentsSchema.parse(
    JSON.parse(readFileSync(assetPath('plan/data/known-incidents.json'), 'utf8')),
  )
  return loaded
}
