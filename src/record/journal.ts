/** The run's source of truth: append-only, on the disk before the effect that a line announces, in one order for everybody. */
import { AppError } from '../model/errors.ts'
import { RunEventSchema, type RunEvent } from '../model/event.ts'
import { compileSchema } from '../kit/compiled-schema.ts'
import { openNdjson, streamNdjson } from '../kit/ndjson.ts'
import { eventInTodaysNames } from './earlier-names.ts'
import { chainSeal, lastLink } from './journal-chain.ts'

const parseEvent = compileSchema(RunEventSchema, { keep: true })

export interface Journal {
  /**
   * Resolves when the event is on the disk and every listener has seen it.
   * @throws AppError JOURNAL_DISK_FULL (host) or JOURNAL_WRITE (host); after the first failure every append fails
   */
  append(event: RunEvent): Promise<void>
  /**
   * Writes an event down that announces nothing: it is on the disk before any that is appended later. That it cannot be written is
   * told by the next `append`.
   */
  note(event: RunEvent): void
  /** Adds a listener; it sees what is appended from now on. */
  subscribe(listener: (event: RunEvent) => void): void
  close(): Promise<void>
}

export interface JournalOptions {
  /** Takes secrets out of an event's text; its result is what is written and what listeners see. */
  readonly mask?: (event: RunEvent) => RunEvent
  /** Called in journal order, after the event is durable. A listener that throws is reported by `onListenerFault` and left out from then on. */
  readonly listeners?: readonly ((event: RunEvent) => void)[]
  readonly onListenerFault?: (error: unknown) => void
  /** false: survives a kill, not a power cut; for simulated runs, whose machines cost nothing to repeat. */
  readonly sync?: boolean
}

/** Opens (or creates) a journal for appending; a torn last line of a killed process is cut off first. */
export async function openJournal(path: string, options: JournalOptions = {}): Promise<Journal> {
  const file = await openNdjson(path, {
    sync: options.sync ?? true,
    // Each line holds the hash of all that was written before it.
    seal: async () => {
      const head = await lastLink(path).catch(() => undefined)
      return head === undefined ? undefined : chainSeal(head)
    },
  }).catch((error: unknown) => Promise.reject(journalError(path, error)))
  const listeners = new Set(options.listeners ?? [])
  const publish = (event: RunEvent): void => {
    for (const listener of listeners) {
      try {
        listener(event)
      } catch (error) {
        listeners.delete(listener)
        options.onListenerFault?.(error)
      }
    }
  }
  return {
    async append(event) {
      const written = options.mask?.(event) ?? event
      // Promises of one file settle in the order of their lines, so listeners see the journal's order.
      await file
        .append(JSON.stringify(written))
        .catch((error: unknown) => Promise.reject(journalError(path, error)))
      publish(written)
    },
    note(event) {
      const written = options.mask?.(event) ?? event
      file.push(JSON.stringify(written), () => publish(written))
    },
    subscribe: (listener) => void listeners.add(listener),
    close: () => file.close(),
  }
}

/** All whole lines of a journal, validated, in order. @throws AppError JOURNAL_MISSING, JOURNAL_DAMAGED naming the line */
export async function* readJournal(path: string): AsyncGenerator<RunEvent> {
  let line = 0
  try {
    for await (const record of streamNdjson(path)) {
      line += 1
      const parsed = parseEvent(eventInTodaysNames(record))
      if (!parsed.success) throw damaged(path, line, parsed.error.issues[0]?.message ?? 'unknown shape')
      yield parsed.data
    }
  } catch (error) {
    if (error instanceof SyntaxError) throw damaged(path, line + 1, 'not a line of JSON')
    if ((error as NodeJS.ErrnoException).code === 'ENOENT')
      throw new AppError('JOURNAL_MISSING', 'user', `${path} does not exist`, {
        hint: 'give the folder of a run, as runs/20261122T195200Z-4f1c',
      })
    throw error
  }
}

function damaged(path: string, line: number, what: string): AppError {
  return new AppError('JOURNAL_DAMAGED', 'user', `line ${line} of the journal cannot be read: ${what}`, {
    where: { file: path, line },
    hint: 'use the version of ringzero that wrote it, or restore the file; only a torn last line is harmless',
  })
}

function journalError(path: string, error: unknown): AppError {
  const { code, message } = error as NodeJS.ErrnoException
  if (code === 'ENOSPC' || code === 'EDQUOT')
    return new AppError('JOURNAL_DISK_FULL', 'host', `no space left to write ${path}`, {
      hint: 'free space on that disk, then run `ringzero resume`: nothing written so far is lost',
      cause: error,
    })
  return new AppError('JOURNAL_WRITE', 'host', `cannot write ${path}: ${message}`, {
    hint: 'fix the disk or its permissions, then run `ringzero resume`',
    cause: error,
  })
}
