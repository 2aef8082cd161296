/** What the journal of a merge says: the journals of all shards as one run. Each event stands as it was seen; only names that would collide change. */
import type { RunEvent } from '../model/event.ts'
import type { StageEnd } from '../model/stage-end.ts'
import { runEvents } from '../record/run-events.ts'
import { runnerName, type ShardRun } from './read-shard-run.ts'

export interface MergedEvent {
  readonly event: RunEvent
  /** Whose journal it is from; absent: the merge's own. */
  readonly from?: ShardRun
}

/**
 * The events of a merge in its order; the same for the same shards. `run`: id of the merged run.
 * @throws AppError JOURNAL_DAMAGED
 */
export async function* mergedEvents(shards: readonly ShardRun[], run: string): AsyncGenerator<MergedEvent> {
  const [first] = shards
  if (first === undefined) return
  const { plan, state } = first
  const times = shards.map((shard) => shard.state)
  const began = Math.min(...times.map(({ startedAt }) => startedAt))
  const ended = Math.max(...times.map(({ endedAt, startedAt }) => endedAt ?? startedAt))
  yield {
    event: {
      type: 'run-opened',
      at: began,
      run,
      plan: plan.id,
      toolVersion: state.toolVersion,
      seed: plan.seed,
      simulated: times.some(({ simulated }) => simulated),
      journalVersion: 1,
    },
  }
  const translator = new Translator(run)
  for (const shard of shards) yield* translator.eventsOf(shard)
  for (const { id } of plan.stages) {
    const end = translator.stageEnds.get(id)
    if (end !== undefined) yield { event: { type: 'stage-closed', at: ended, stage: id, state: end } }
  }
  yield { event: { type: 'run-closed', at: ended } }
}

/** From bad to good: a stage ended as its worst part did. */
const WORST_FIRST: readonly StageEnd[] = ['failed', 'inconclusive', 'passed']

class Translator {
  readonly stageEnds = new Map<string, StageEnd>()
  readonly #run: string
  #sessions = 0

  constructor(run: string) {
    this.#run = run
  }

  async *eventsOf(shard: ShardRun): AsyncGenerator<MergedEvent> {
    const { mine, state, runners, journalSha256, folder } = shard
    yield {
      event: {
        type: 'shard-merged',
        at: state.startedAt,
        shard: mine.shard,
        run: state.run,
        runners: [...runners],
        cells: mine.cells,
        journalSha256,
      },
    }
    let runner = runners[0] ?? 'unknown'
    for await (const event of runEvents(folder)) {
      if (event.type === 'session-opened') runner = runnerName(event.host)
      const translated = this.#translated(event, runner, shard)
      if (translated !== undefined) yield { event: translated, from: shard }
    }
  }

  /** What stands in the merged journal for an event of a shard; undefined: nothing. */
  #translated(event: RunEvent, runner: string, { state }: ShardRun): RunEvent | undefined {
    const onRunner = (host: string): string => `${runner}/${host}`
    switch (event.type) {
      case 'run-opened':
      case 'run-closed':
      case 'run-interrupted':
      case 'shard-merged':
        return undefined
      case 'session-opened':
        this.#sessions += 1
        return { ...event, session: this.#sessions }
      case 'host-inspected':
      case 'host-drained':
      case 'host-returned':
      case 'attempt-opened':
        return { ...event, host: onRunner(event.host) }
      case 'machine-announced':
      case 'machine-created':
        return { ...event, ref: { ...event.ref, host: onRunner(event.ref.host) } }
      case 'control-reused': {
        // What was measured in this shard was measured in this run.
        const own = `${state.run}/`
        return event.source.startsWith(own)
          ? { ...event, source: `${this.#run}/${event.source.slice(own.length)}` }
          : event
      }
      case 'stage-closed': {
        const known = this.stageEnds.get(event.stage) ?? 'passed'
        const worst = WORST_FIRST.find((end) => end === known || end === event.state)
        this.stageEnds.set(event.stage, worst ?? event.state)
        return undefined
      }
      default:
        return event
    }
  }
}
