/** Clean control attempts, kept by their key: what a machine does without the candidate is measured once, not once a candidate. */
import { copyFile, mkdir, readFile, readdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { z } from 'zod'
import { writeFileAtomic } from '../../kit/files.ts'
import { sha256File } from '../../kit/hash.ts'
import { attemptId } from '../../model/attempt-id.ts'
import { RunEventSchema, type RunEvent } from '../../model/event.ts'
import { isControlFlaw } from '../../model/control-flaw.ts'
import type { Observation } from '../../model/observation.ts'
import { factsIn, observationsIn } from '../../model/observations-in.ts'
import type { RunState } from '../../model/run-state.ts'
import { attemptFolder } from '../../record/run-folder.ts'

const RecordSchema = z.object({
  schema: z.literal('ringzero/control/3'),
  /** `<run>/<cell>` where it was measured. */
  source: z.string(),
  /** Content of the image that it started from: one built again is another machine, though the lab calls it the same. */
  imageSha256: z.string(),
  /** The events of each attempt, opening and closing included. */
  attempts: z.array(z.array(RunEventSchema)),
})
type ControlRecord = z.output<typeof RecordSchema>
/** One of this run, which needs no image named: its machines all start from one. */
type Measured = Omit<ControlRecord, 'schema' | 'imageSha256'>

/** Where the scheduler says that a control of an earlier run is. */
const STORE = 'store'

type ControlEvent = RunEvent & { readonly attempt: number; readonly cell: string }

export interface ControlStoreOptions {
  readonly run: string
  readonly runFolder: string
  readonly storeFolder: string
  readonly repeats: number
  /** Key of each cell. */
  readonly keyOf: (cell: string) => string | undefined
  /** Content hash of the image of this key's machine; undefined when there is no one image to name. */
  readonly imageOf: (key: string) => Promise<string | undefined>
  /** Content hashes of the checkpoints that are still gone on from; absent: there are none. */
  readonly checkpoints?: () => Promise<ReadonlySet<string>>
  /** Checks that a verdict can do without. */
  readonly optional: ReadonlySet<string>
  /** False for simulated machines: their controls stay inside their run. */
  readonly durable: boolean
  /** The run before this session. */
  readonly before: Pick<RunState, 'attempts'>
}

/** A control that stands for another cell's. */
interface TakenControl {
  /** `<run>/<cell>` where it was measured. */
  readonly source: string
  /** Ids of attempts of this run; absent where `events` bring it into this run, as the cell's own. */
  readonly attempts?: readonly string[]
  readonly events: readonly RunEvent[]
  /** Content of the image that it was measured on; absent where no image can be named. */
  readonly imageSha256?: string
}

export class ControlStore {
  readonly #options: ControlStoreOptions
  /** Events of control attempts that run now. */
  readonly #open = new Map<string, { readonly events: RunEvent[]; clean: boolean }>()
  readonly #finished = new Map<string, RunEvent[][]>()
  readonly #records = new Map<string, Measured>()
  /** Cells whose control was taken over: what is kept is the measurement, not its copies. */
  readonly #copied = new Set<string>()
  /** Cell → ids of its completed control attempts. */
  readonly #completed = new Map<string, string[]>()
  /** Key → ids of the attempts that brought the control of an earlier run into this one; undefined when it could not be read. */
  readonly #carried = new Map<string, Promise<readonly string[] | undefined>>()

  constructor(options: ControlStoreOptions) {
    this.#options = options
    for (const attempt of options.before.attempts)
      if (attempt.arm === 'control' && attempt.end === 'completed') this.#complete(attempt)
  }

  /** Keys that earlier runs left, with the number of attempts. */
  async list(keys: ReadonlySet<string>): Promise<ReadonlyMap<string, number>> {
    const found = new Map<string, number>()
    if (!this.#options.durable) return found
    const names = await readdir(join(this.#options.storeFolder, 'controls')).catch(() => [])
    for (const key of names) {
      if (!keys.has(key)) continue
      const record = await this.#read(key)
      if (record !== undefined) found.set(key, record.attempts.length)
    }
    return found
  }

  /** Listens to the journal; returns a key whose control became complete and must be saved. */
  note(event: RunEvent): string | undefined {
    if (event.type === 'control-reused') this.#copied.add(event.cell)
    if (!('arm' in event) || event.arm !== 'control') return undefined
    if (event.type === 'attempt-closed' && event.end === 'completed') this.#complete(event)
    if (!this.#options.durable || this.#copied.has(event.cell)) return undefined
    const name = `${event.cell} ${event.attempt}`
    if (event.type === 'attempt-opened') this.#open.set(name, { events: [], clean: true })
    const open = this.#open.get(name)
    if (open === undefined) return undefined
    open.events.push(event)
    if (invalidates(event, this.#options.optional)) open.clean = false
    if (event.type !== 'attempt-closed') return undefined
    this.#open.delete(name)
    const key = this.#options.keyOf(event.cell)
    if (event.end !== 'completed' || !open.clean || key === undefined || this.#records.has(key))
      return undefined
    const attempts = [...(this.#finished.get(event.cell) ?? []), open.events]
    this.#finished.set(event.cell, attempts)
    if (attempts.length < this.#options.repeats) return undefined
    this.#finished.delete(event.cell)
    const source = `${this.#options.run}/${event.cell}`
    this.#records.set(key, { source, attempts })
    return key
  }

  /** Writes a complete control for later runs. */
  async save(key: string): Promise<void> {
    const record = this.#records.get(key)
    if (record === undefined || !this.#options.durable) return
    const imageSha256 = await this.#options.imageOf(key)
    if (imageSha256 === undefined) return
    const folder = join(this.#options.storeFolder, 'controls', key)
    await mkdir(folder, { recursive: true })
    for (const { path, id } of evidenceOf(record))
      await copyFile(join(this.#options.runFolder, path), join(folder, id))
    const kept: ControlRecord = { schema: 'ringzero/control/3', imageSha256, ...record }
    await writeFileAtomic(join(folder, 'control.json'), JSON.stringify(kept))
    this.#records.set(key, { ...record, attempts: [] })
  }

  /**
   * What stands for a cell's control: attempts of this run by their ids, or those of an earlier run as events of this cell, with
   * their evidence copied into this run; undefined when it cannot be read any more. Events keep the times at which they were measured.
   */
  async take(
    key: string,
    source: string,
    target: { readonly cell: string; readonly firstAttempt: number; readonly skip: number },
  ): Promise<TakenControl | undefined> {
    if (source !== STORE) return await this.#refer(key, this.#completed.get(source) ?? [], target.skip)
    const carrying = this.#carried.get(key)
    const carried = carrying === undefined ? undefined : await carrying
    if (carried !== undefined) return await this.#refer(key, carried, target.skip)
    const copy = this.#copy(key, target).catch(() => undefined)
    // Set before anything is awaited when it is the first; a cell that needs only the rest of it does not hold it whole.
    if (target.skip === 0) {
      const ids = Array.from({ length: this.#options.repeats }, (_, index) =>
        attemptId({ cell: target.cell, arm: 'control', attempt: target.firstAttempt + index }),
      )
      this.#carried.set(
        key,
        copy.then((found) => (found === undefined ? undefined : ids)),
      )
    }
    return await copy
  }

  async #refer(key: string, attempts: readonly string[], skip: number): Promise<TakenControl | undefined> {
    const cell = attempts[0]?.split('/')[0]
    if (cell === undefined || attempts.length < this.#options.repeats) return undefined
    const imageSha256 = this.#options.durable ? await this.#options.imageOf(key) : undefined
    return {
      source: `${this.#options.run}/${cell}`,
      attempts: attempts.slice(skip, this.#options.repeats),
      events: [],
      ...(imageSha256 === undefined ? {} : { imageSha256 }),
    }
  }

  async #copy(
    key: string,
    target: { readonly cell: string; readonly firstAttempt: number; readonly skip: number },
  ): Promise<TakenControl | undefined> {
    const record = await this.#read(key)
    if (record === undefined || record.attempts.length < this.#options.repeats) return undefined
    const wanted = record.attempts.slice(target.skip, this.#options.repeats)
    const events: RunEvent[] = []
    for (const [index, attempt] of wanted.entries()) {
      const number = target.firstAttempt + index
      for (const event of attempt as ControlEvent[]) {
        const moved = { ...event, cell: target.cell, attempt: number }
        if (moved.type === 'machine-announced' || moved.type === 'machine-created') continue
        if (moved.type === 'machine-destroyed' || moved.type === 'machine-kept') continue
        if (moved.type === 'evidence-saved') {
          const evidence = await this.#copyEvidence(key, moved.evidence, target.cell, number)
          if (evidence === undefined) return undefined
          events.push({ ...moved, evidence })
        } else events.push(moved)
      }
    }
    const imageSha256 = this.#options.durable ? await this.#options.imageOf(key) : undefined
    return { source: record.source, events, ...(imageSha256 === undefined ? {} : { imageSha256 }) }
  }

  async #copyEvidence<E extends { readonly id: string; readonly path: string; readonly name: string }>(
    key: string,
    evidence: E,
    cell: string,
    attempt: number,
  ): Promise<(E & { cell: string; attempt: number }) | undefined> {
    const { runFolder, storeFolder } = this.#options
    const path = `${attemptFolder({ cell, arm: 'control', attempt })}/${evidence.id.slice(0, 12)}-${evidence.name}`
    const target = join(runFolder, path)
    await mkdir(dirname(target), { recursive: true })
    for (const source of [join(storeFolder, 'controls', key, evidence.id), join(runFolder, evidence.path)]) {
      try {
        await copyFile(source, target)
        if ((await sha256File(target)) === evidence.id) return { ...evidence, path, cell, attempt }
      } catch {
        // The next place may still have it.
      }
    }
    return undefined
  }

  async #read(key: string): Promise<ControlRecord | undefined> {
    if (!/^[0-9a-f]{8,128}$/.test(key)) return undefined
    try {
      const text = await readFile(join(this.#options.storeFolder, 'controls', key, 'control.json'), 'utf8')
      const record = RecordSchema.parse(JSON.parse(text))
      if (record.imageSha256 !== (await this.#options.imageOf(key))) return undefined
      // Written by a version that minded less.
      if (record.attempts.flat().some((event) => invalidates(event, this.#options.optional))) return undefined
      const wanted = checkpointsOf(record)
      if (wanted.length === 0) return record
      // A checkpoint that was invalidated or pruned is no basis for later runs. Within a run it is: the control proved that it went on as saved.
      const known = await this.#options.checkpoints?.()
      return wanted.every((checkpoint) => known?.has(checkpoint)) ? record : undefined
    } catch {
      return undefined
    }
  }

  #complete(attempt: Parameters<typeof attemptId>[0]): void {
    const known = this.#completed.get(attempt.cell)
    if (known === undefined) this.#completed.set(attempt.cell, [attemptId(attempt)])
    else known.push(attemptId(attempt))
  }
}

/**
 * Whether an event keeps a control from being kept for later runs. Where a slow lab could not look, or the guest was not the
 * one that was asked for, every later run would find the same gap and never get beyond it; and what failed on it once would
 * excuse every later candidate.
 */
function invalidates(event: RunEvent, optional: ReadonlySet<string>): boolean {
  if (event.type === 'fault') return true
  if (event.type === 'phase-closed') return event.end !== 'done' && event.end !== 'skipped'
  return observationsIn(event).some((observation) => spoilsAsSeen(observation, optional))
}

function spoilsAsSeen(observation: Observation, optional: ReadonlySet<string>): boolean {
  if (isControlFlaw(observation.fact)) return true
  if (observation.phase === 'collect') return false
  const { fact, source } = observation
  if (fact.kind === 'profile') return !fact.matches
  if (fact.kind === 'expectation')
    return !fact.holds && (fact.symptom === 'profile-mismatch' || fact.symptom === 'version-drift')
  return fact.kind === 'blind' && !optional.has(source) && !optional.has(fact.subject)
}

function checkpointsOf(record: Measured): readonly string[] {
  return record.attempts
    .flat()
    .flatMap(factsIn)
    .flatMap((fact) => (fact.kind === 'boot' && fact.cause === 'restored' ? [fact.checkpoint ?? ''] : []))
}

function evidenceOf(record: Measured): readonly { readonly path: string; readonly id: string }[] {
  return record.attempts.flat().flatMap((event) => (event.type === 'evidence-saved' ? [event.evidence] : []))
}
