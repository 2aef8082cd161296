/** The journals of all shards as one: one run on many hosts. Each event stands as it was seen; only names that would collide change. */
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { attemptId } from '../model/attempt-id.ts'
import type { RunEvent } from '../model/event.ts'
import type { EvidenceRecord } from '../model/report.ts'
import type { StageEnd } from '../model/stage-end.ts'
import { writeEvidenceManifest } from '../record/evidence-store.ts'
import { openJournal, type Journal } from '../record/journal.ts'
import { runEvents } from '../record/run-events.ts'
import { runFolderPaths } from '../record/run-folder.ts'
import { keepEvidence } from './keep-shard-files.ts'
import { runnerName, type ShardRun } from './read-shard-run.ts'

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
  const [first] = shards
  if (first === undefined) return
  const { plan, state } = first
  const times = shards.map((shard) => shard.state)
  const began = Math.min(...times.map(({ startedAt }) => startedAt))
  const ended = Math.max(...times.map(({ endedAt, startedAt }) => endedAt ?? startedAt))
  await journal.append({
    type: 'run-opened',
    at: began,
    run: options.run,
    plan: plan.id,
    toolVersion: state.toolVersion,
    seed: plan.seed,
    simulated: times.some(({ simulated }) => simulated),
    journalVersion: 1,
  })
  const merging = new Merging(options, journal)
  for (const shard of shards) await merging.add(shard)
  for (const { id } of plan.stages) {
    const end = merging.stageEnds.get(id)
    if (end !== undefined) journal.note({ type: 'stage-closed', at: ended, stage: id, state: end })
  }
  await journal.append({ type: 'run-closed', at: ended })
}

/** From bad to good: a stage ended as its worst part did. */
const WORST_FIRST: readonly StageEnd[] = ['failed', 'inconclusive', 'passed']

class Merging {
  readonly stageEnds = new Map<string, StageEnd>()
  readonly #options: MergedJournalOptions
  readonly #journal: Journal
  /** Brought over so far, of attempts that are still open. */
  readonly #evidence = new Map<string, EvidenceRecord[]>()
  #sessions = 0

  constructor(options: MergedJournalOptions, journal: Journal) {
    this.#options = options
    this.#journal = journal
  }

  async add(shard: ShardRun): Promise<void> {
    const { mine, state, runners, journalSha256, folder } = shard
    await this.#journal.append({
      type: 'shard-merged',
      at: state.startedAt,
      shard: mine.shard,
      run: state.run,
      runners: [...runners],
      cells: mine.cells,
      journalSha256,
    })
    let runner = runners[0] ?? 'unknown'
    let noted = 0
    for await (const event of runEvents(folder)) {
      if (event.type === 'session-opened') runner = runnerName(event.host)
      for (const written of await this.#translate(event, runner, shard)) {
        noted += 1
        if (noted % WRITTEN_TOGETHER === 0) {
          this.#options.signal.throwIfAborted()
          await this.#journal.append(written)
        } else this.#journal.note(written)
      }
    }
  }

  /** What stands in the merged journal for an event of a shard. */
  async #translate(event: RunEvent, runner: string, shard: ShardRun): Promise<readonly RunEvent[]> {
    const onRunner = (host: string): string => `${runner}/${host}`
    switch (event.type) {
      case 'run-opened':
      case 'run-closed':
      case 'run-interrupted':
      case 'shard-merged':
        return []
      case 'session-opened':
        this.#sessions += 1
        return [{ ...event, session: this.#sessions }]
      case 'host-inspected':
      case 'host-drained':
      case 'attempt-opened':
        return [{ ...event, host: onRunner(event.host) }]
      case 'machine-announced':
      case 'machine-created':
        return [{ ...event, ref: { ...event.ref, host: onRunner(event.ref.host) } }]
      case 'control-reused': {
        // What was measured in this shard was measured in this run.
        const own = `${shard.state.run}/`
        return event.source.startsWith(own)
          ? [{ ...event, source: `${this.#options.run}/${event.source.slice(own.length)}` }]
          : [event]
      }
      case 'stage-closed': {
        const known = this.stageEnds.get(event.stage) ?? 'passed'
        const worst = WORST_FIRST.find((end) => end === known || end === event.state)
        this.stageEnds.set(event.stage, worst ?? event.state)
        return []
      }
      case 'evidence-saved': {
        const { folder, warn } = this.#options
        const why = await keepEvidence(shard, folder, event.evidence)
        if (why === undefined) {
          const id = attemptId(event)
          this.#evidence.set(id, [...(this.#evidence.get(id) ?? []), event.evidence])
          return [event]
        }
        await rm(join(folder, event.evidence.path), { force: true }).catch(() => undefined)
        warn(`${event.evidence.path} of ${shard.folder} is left out: ${why}`)
        return []
      }
      case 'attempt-closed': {
        const records = this.#evidence.get(attemptId(event))
        if (records !== undefined) await writeEvidenceManifest(this.#options.folder, event, records)
        this.#evidence.delete(attemptId(event))
        return [event]
      }
      default:
        return [event]
    }
  }
}
