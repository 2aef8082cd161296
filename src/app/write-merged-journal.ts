/** Writes the journal of a merge, and brings over the evidence that it tells of. */
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { attemptId } from '../model/attempt-id.ts'
import type { EvidenceRecord } from '../model/report.ts'
import { writeEvidenceManifest } from '../record/evidence-store.ts'
import { openJournal, type Journal } from '../record/journal.ts'
import { runFolderPaths } from '../record/run-folder.ts'
import { keepEvidence } from './keep-shard-files.ts'
import { mergedEvents, type MergedEvent } from './merged-events.ts'
import type { ShardRun } from './read-shard-run.ts'

export interface MergedJournalOptions {
  /** The merged run folder. */
  readonly folder: string
  readonly run: string
  readonly warn: (message: string) => void
  readonly signal: AbortSignal
}

/** Events that wait for the disk together. */
const WRITTEN_TOGETHER = 1000

/** @throws AppError JOURNAL_* */
export async function writeMergedJournal(
  shards: readonly ShardRun[],
  options: MergedJournalOptions,
): Promise<void> {
  const journal = await openJournal(runFolderPaths(options.folder).journal)
  try {
    await writeAll(shards, options, journal)
  } finally {
    await journal.close()
  }
}

async function writeAll(
  shards: readonly ShardRun[],
  options: MergedJournalOptions,
  journal: Journal,
): Promise<void> {
  /** Brought over so far, of attempts that are still open. */
  const evidence = new Map<string, EvidenceRecord[]>()
  let noted = 0
  for await (const merged of mergedEvents(shards, options.run)) {
    if (!(await isKept(merged, evidence, options))) continue
    noted += 1
    // The last event is appended, so that all before it are on the disk.
    if (merged.from !== undefined && noted % WRITTEN_TOGETHER !== 0) journal.note(merged.event)
    else {
      options.signal.throwIfAborted()
      await journal.append(merged.event)
    }
  }
}

/** Brings over the evidence of an event. @returns false where it could not be, so that the event is left out */
async function isKept(
  { event, from }: MergedEvent,
  evidence: Map<string, EvidenceRecord[]>,
  { folder, warn }: MergedJournalOptions,
): Promise<boolean> {
  if (from === undefined) return true
  if (event.type === 'evidence-saved') {
    const why = await keepEvidence(from, folder, event.evidence)
    if (why !== undefined) {
      await rm(join(folder, event.evidence.path), { force: true }).catch(() => undefined)
      warn(`${event.evidence.path} of ${from.folder} is left out: ${why}`)
      return false
    }
    const id = attemptId(event)
    evidence.set(id, [...(evidence.get(id) ?? []), event.evidence])
  }
  if (event.type === 'attempt-closed') {
    const records = evidence.get(attemptId(event))
    if (records !== undefined) await writeEvidenceManifest(folder, event, records)
    evidence.delete(attemptId(event))
  }
  return true
}
