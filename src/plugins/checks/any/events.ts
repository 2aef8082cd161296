/** Entries of the guest's event log since the last look; the judge compares them with the control's. */
import { bounded } from '../../../kit/text.ts'
import type { Fact, FactOf } from '../../../model/observation.ts'
import type { Check } from '../../../sdk/check.ts'
import type { LogEntry } from '../../../sdk/guest-os.ts'
import { look } from '../shared/look.ts'
import { EVERY_MOMENT } from '../shared/moments.ts'

/** Different entries of one look; a flood is summed up, the critical ones first. */
const MOST = 100
/** Different texts of one kind of entry: a counter or a path in a text makes thousands of one kind. */
const TEXTS = 4
const LEVELS = ['critical', 'error', 'warning'] as const

export const events: Check = {
  id: 'events',
  title: 'nothing new and critical stands in the event log',
  cannotSee:
    'entries that the guest did not log or has already overwritten; more than 100 different entries a look are only counted',
  moments: EVERY_MOMENT,
  os: ['linux', 'windows'],
  shows: ['event-flood', 'critical-events'],
  async run(target, ctx) {
    const bookmark = target.memory.get('bookmark') as string | undefined
    const looked = await look('event-log', () => target.os.events(bookmark, target.guest, ctx))
    if (looked.blind !== undefined) return [looked.blind]
    target.memory.set('bookmark', looked.value.bookmark)
    const all = foldEqual(looked.value.entries)
    const facts: Fact[] = all.slice(0, MOST).map(toFact)
    const left = all.slice(MOST).reduce((sum, entry) => sum + entry.count, looked.value.cut)
    if (left > 0) facts.push(summary(left))
    return facts
  },
}

/** Equal entries once, with their number; the gravest first. Of one kind only the first few texts are kept, all are counted. */
function foldEqual(entries: readonly LogEntry[]): readonly LogEntry[] {
  const folded = new Map<string, LogEntry>()
  const texts = new Map<string, Set<string>>()
  for (const entry of entries) {
    const kind = JSON.stringify([entry.level, entry.provider, entry.eventId])
    const kept = texts.get(kind) ?? new Set()
    const [first = entry.message] = kept
    const message = kept.has(entry.message) || kept.size < TEXTS ? entry.message : first
    texts.set(kind, kept.add(message))
    const key = JSON.stringify([kind, message])
    const known = folded.get(key)
    folded.set(key, known === undefined ? entry : { ...known, count: known.count + entry.count })
  }
  return [...folded.values()].sort((a, b) => LEVELS.indexOf(a.level) - LEVELS.indexOf(b.level))
}

function toFact(entry: LogEntry): FactOf<'log-event'> {
  return {
    kind: 'log-event',
    level: entry.level,
    provider: bounded(entry.provider, 200),
    eventId: bounded(entry.eventId, 32),
    message: bounded(entry.message, 1900),
    count: Math.max(1, Math.trunc(entry.count)),
    symptom: 'critical-events',
  }
}

function summary(count: number): FactOf<'log-event'> {
  return {
    kind: 'log-event',
    level: 'warning',
    provider: 'ringzero',
    eventId: 'event-flood',
    message: 'more different entries than are kept of one look',
    count,
    symptom: 'critical-events',
  }
}
