/**
 * One attempt on a worker: it runs as in a local run, into a folder of its own, and a courier delivers what its journal gets. The
 * folder outlives this process, and the next one delivers or undoes what is in it.
 */
import { createReadStream } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { writeFileAtomic } from '../kit/files.ts'
import type { RunEvent } from '../model/event.ts'
import { OrderSchema, type Order } from '../model/fleet.ts'
import { openJournal, type Journal } from '../record/journal.ts'
import { runEvents } from '../record/run-events.ts'
import { runFolderPaths } from '../record/run-folder.ts'
import { SecretMasker } from '../record/secret-masker.ts'
import { attemptRunner } from '../run/session/run-attempt.ts'
import type { RunParts } from '../run/run-parts.ts'
import type { Plan } from '../model/plan.ts'
import { isAway } from './database.ts'
import type { LeaseStore, Place } from './lease-store.ts'
import { pause } from './patience.ts'

const ORDER_FILE = 'order.json'
const PIECE = 1024 * 1024
/** Lines of one transaction: at most so many, and so many characters. */
const MOST_LINES = 500
const MOST_CHARACTERS = 4 * 1024 * 1024
const PAUSE_MS = 250
const AWAY_PAUSE_MS = 2000

/** Writes down what is about to be run, before it is. */
export async function keepOrder(folder: string, order: Order, host: string): Promise<void> {
  await writeFileAtomic(join(folder, ORDER_FILE), JSON.stringify({ host, order }))
}

/** What an earlier process was to run in this folder; undefined when it cannot be read. */
export async function readOrder(
  folder: string,
): Promise<{ readonly host: string; readonly order: Order } | undefined> {
  try {
    const { host, order } = JSON.parse(await readFile(join(folder, ORDER_FILE), 'utf8')) as Record<
      string,
      unknown
    >
    const parsed = OrderSchema.parse(order)
    return typeof host === 'string' ? { host, order: parsed } : undefined
  } catch {
    return undefined
  }
}

/** Masks what the lab keeps secret in all that this worker writes. */
export function maskerOf(parts: RunParts): SecretMasker {
  const masker = new SecretMasker()
  for (const value of parts.readableSecrets?.().values ?? []) masker.add(value)
  return masker
}

/** Runs the attempt into its folder; its machine is gone when this resolves. @throws AppError JOURNAL_* when the disk takes no more */
export async function runOrder(
  folder: string,
  order: Order,
  host: string,
  plan: Plan,
  parts: RunParts,
  courier: Courier,
  signal: AbortSignal,
): Promise<void> {
  const masker = maskerOf(parts)
  const simulated = parts.hosts.find((entry) => entry.host.name === host)?.provider.capabilities.simulated
  const journal: Journal = await openJournal(runFolderPaths(folder).journal, {
    mask: (event) => masker.json(event),
    listeners: [(event) => courier.note(event)],
    sync: simulated !== true,
  })
  try {
    const { run, cell, arm, attempt, slot } = order
    const runAttempt = attemptRunner({ plan, run, runFolder: folder, parts }, journal, masker)
    await runAttempt({ cell, arm, attempt, host, slot }, signal)
  } finally {
    await journal.close()
  }
}

export interface CourierOptions {
  readonly leases: LeaseStore
  readonly place: Place
  readonly job: string
  /** Of the attempt. */
  readonly folder: string
  /** Its lease is not held any more. */
  readonly onFenced: () => void
}

/** Delivers the lines of one attempt, each once and in order, however often the database is away meanwhile. */
export class Courier {
  readonly #options: CourierOptions
  readonly #lines: RunEvent[] = []
  #sent = 0
  #isFenced = false

  constructor(options: CourierOptions) {
    this.#options = options
  }

  /** The next event of the attempt's journal. */
  note(event: RunEvent): void {
    this.#lines.push(event)
  }

  /** All that an earlier process wrote. */
  async read(): Promise<void> {
    for await (const event of runEvents(this.#options.folder)) this.#lines.push(event)
  }

  get hasEnd(): boolean {
    return this.#lines.at(-1)?.type === 'attempt-closed'
  }

  /**
   * Delivers until the end of the attempt is delivered, its lease is not held any more, or `stop` aborts.
   * @returns whether the end was accepted
   */
  async deliverAll(stop: AbortSignal): Promise<boolean> {
    while (!stop.aborted) {
      try {
        if (this.#sent < this.#lines.length && !(await this.#deliverSome())) {
          this.#isFenced = true
          this.#options.onFenced()
          return false
        }
        if (this.hasEnd && this.#sent === this.#lines.length) return true
        if (this.#sent === this.#lines.length) await pause(PAUSE_MS, stop)
      } catch (error) {
        if (!isAway(error)) throw error
        await pause(AWAY_PAUSE_MS, stop)
      }
    }
    return false
  }

  get isFenced(): boolean {
    return this.#isFenced
  }

  async #deliverSome(): Promise<boolean> {
    const { leases, place, job } = this.#options
    const texts: string[] = []
    let characters = 0
    let last = false
    for (const event of this.#lines.slice(this.#sent, this.#sent + MOST_LINES)) {
      if (event.type === 'evidence-saved' && !(await this.#deliverEvidence(event.evidence))) return false
      const text = JSON.stringify(event)
      texts.push(text)
      characters += text.length
      last = event.type === 'attempt-closed'
      if (characters > MOST_CHARACTERS) break
    }
    if (!(await leases.deliver(place, job, this.#sent, texts, last))) return false
    this.#sent += texts.length
    return true
  }

  async #deliverEvidence({ id, path }: { readonly id: string; readonly path: string }): Promise<boolean> {
    const { leases, place, job, folder } = this.#options
    let part = 0
    for await (const bytes of createReadStream(join(folder, path), { highWaterMark: PIECE })) {
      if (!(await leases.deliverEvidence(place, job, id, part, bytes as Buffer))) return false
      part += 1
    }
    return true
  }
}
