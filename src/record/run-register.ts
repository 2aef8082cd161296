/**
 * Every run that a lab began, in the store of the lab: which runs of a candidate came before this one. A line holds the hash of all
 * lines before it.
 */
import { join } from 'node:path'
import { z } from 'zod'
import { lastLine, openNdjson, streamNdjson } from '../kit/ndjson.ts'
import { nextLink, withLink } from './journal-chain.ts'

const RegisteredRunSchema = z.object({
  run: z.string(),
  /** Absolute path of its folder. */
  folder: z.string(),
  /** sha256 of the candidate. */
  candidate: z.string(),
  /** Ids of the products on its machines. */
  products: z.array(z.string()),
  /** Id of its whole plan; absent in the register of an earlier version. */
  plan: z.string().optional(),
  /** Which part of the plan, as `3/8`; absent: all of it. */
  part: z.string().optional(),
})
export type RegisteredRun = z.output<typeof RegisteredRunSchema>

/** Adds a run; the caller holds the lock of the register. @returns the runs of the same candidate that were in it before, oldest first */
export async function addToRegister(
  storeFolder: string,
  run: RegisteredRun,
): Promise<readonly RegisteredRun[]> {
  const path = runRegister(storeFolder)
  const earlier: RegisteredRun[] = []
  const last = await lastLine(path)
  if (last !== undefined)
    for await (const record of streamNdjson(path)) {
      const known = RegisteredRunSchema.parse(record)
      if (known.candidate === run.candidate && known.run !== run.run) earlier.push(known)
    }
  const previous = last === undefined ? '' : (JSON.parse(last) as { readonly chain: string }).chain
  const file = await openNdjson(path)
  try {
    const json = JSON.stringify(run)
    await file.append(withLink(json, nextLink(previous, json)))
  } finally {
    await file.close()
  }
  return earlier
}

/** Path of the register. */
export function runRegister(storeFolder: string): string {
  return join(storeFolder, 'runs.jsonl')
}
