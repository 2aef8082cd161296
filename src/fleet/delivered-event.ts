/** What a worker delivers is not trusted: each line must be an event of its own attempt, and names of hosts are ours. Pure. */
import { compileSchema } from '../kit/compiled-schema.ts'
import { RunEventSchema, type RunEvent } from '../model/event.ts'
import { attemptFolder, type AttemptKey } from '../record/run-folder.ts'

const parseEvent = compileSchema(RunEventSchema)

/** More than any attempt writes. */
export const MOST_EVENTS = 200_000
/** As one file of evidence may be on the worker, and a whole attempt (evidence-store.ts). */
const LARGEST_FILE = 256 * 1024 * 1024
export const MOST_EVIDENCE = 1024 * 1024 * 1024

const EVENTS_OF_ATTEMPTS: ReadonlySet<RunEvent['type']> = new Set<RunEvent['type']>([
  'attempt-opened',
  'machine-announced',
  'machine-created',
  'machine-destroyed',
  'machine-kept',
  'phase-opened',
  'phase-closed',
  'check-ran',
  'observed',
  'evidence-saved',
  'fault',
  'attempt-closed',
])

export type AttemptEvent = Extract<RunEvent, { readonly attempt: number }>

export interface Expected extends AttemptKey {
  /** As the journal calls the host. */
  readonly host: string
  readonly slot: number
  readonly provider: string
  readonly run: string
  /** Number of the line. */
  readonly seq: number
  /** The attempt has had its end. */
  readonly closed: boolean
}

/** The event as the journal gets it, or what is wrong with the line. */
export function acceptLine(line: string, expected: Expected): AttemptEvent | { readonly wrong: string } {
  const { cell, arm, attempt, host, slot, seq } = expected
  if (expected.closed) return { wrong: 'something follows the end of the attempt' }
  if (seq >= MOST_EVENTS) return { wrong: `it has more than ${MOST_EVENTS} events` }
  const parsed = parseEvent(jsonOf(line))
  if (!parsed.success) return { wrong: 'a line is no event' }
  const event = parsed.data
  if (!EVENTS_OF_ATTEMPTS.has(event.type) || !('attempt' in event))
    return { wrong: `a worker does not write the event ${event.type}` }
  if (event.cell !== cell || event.arm !== arm || event.attempt !== attempt)
    return { wrong: 'an event names another attempt' }
  if ((seq === 0) !== (event.type === 'attempt-opened'))
    return { wrong: 'an attempt has one beginning, its first event' }
  switch (event.type) {
    case 'attempt-opened':
      return { ...event, host, slot }
    case 'machine-announced':
    case 'machine-created': {
      const { provider, run } = expected
      return { ...event, ref: { ...event.ref, provider, host, run, cell, arm, attempt } }
    }
    case 'evidence-saved': {
      const { evidence } = event
      const { id, name, path, bytes } = evidence
      const named =
        /^[0-9a-f]{64}$/.test(id) &&
        /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/.test(name) &&
        path === `${attemptFolder(expected)}/${id.slice(0, 12)}-${name}` &&
        evidence.mediaType.length <= 200
      if (!named || evidence.cell !== cell || evidence.arm !== arm || evidence.attempt !== attempt)
        return { wrong: 'a file of evidence is not named as one of this attempt' }
      if (bytes < 0 || bytes > LARGEST_FILE) return { wrong: 'a file of evidence is too large' }
      return event
    }
    default:
      return event
  }
}

function jsonOf(line: string): unknown {
  try {
    return JSON.parse(line) as unknown
  } catch {
    return undefined
  }
}
