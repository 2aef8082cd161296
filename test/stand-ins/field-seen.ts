/**
 * Which field scenarios came to what is right on real machines, when, and from which commit: `npm run bench field` writes it where
 * RINGZERO_FIELD_RECORD is set. What was seen of a scenario holds for this scenario as it stood: one that changed was not seen.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { hashJson } from '../../src/kit/hash.ts'
import type { FieldScenario } from './field-scenarios.ts'

const FILE = join(import.meta.dirname, 'field-seen.json')

const SeenSchema = z.record(
  z.string(),
  z.strictObject({
    on: z.iso.date(),
    commit: z.string().regex(/^[0-9a-f]{7,40}$/),
    /** Of the scenario. */
    hash: z.string().regex(/^[0-9a-f]{12}$/),
  }),
)
export type Seen = z.output<typeof SeenSchema>

/** By id of the scenario. */
export function readSeen(): Seen {
  return SeenSchema.parse(JSON.parse(readFileSync(FILE, 'utf8')))
}

/** Whether this scenario, as it stands, was right on a real machine. */
export function wasSeen(scenario: FieldScenario, seen: Seen): boolean {
  return seen[scenario.id]?.hash === hashOf(scenario)
}

/** Adds one that was right. */
export function recordSeen(scenario: FieldScenario, on: string, commit: string): void {
  const all = { ...readSeen(), [scenario.id]: { on, commit, hash: hashOf(scenario) } }
  const sorted = Object.fromEntries(Object.entries(all).toSorted(([a], [b]) => (a < b ? -1 : 1)))
  writeFileSync(FILE, `${JSON.stringify(sorted, undefined, 2)}\n`)
}

function hashOf(scenario: FieldScenario): string {
  return hashJson(scenario).slice(0, 12)
}
