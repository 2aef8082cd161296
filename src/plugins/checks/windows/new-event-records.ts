/** Windows event records that are new since the last look of one check. */
import type { Fact, FactOf } from '../../../model/observation.ts'
import type { SymptomClass } from '../../../model/symptom.ts'
import { oneLine } from '../../../kit/text.ts'
import type { CheckTarget } from '../../../sdk/check.ts'
import type { Context } from '../../../sdk/context.ts'
import type { WindowsEvent } from '../../../sdk/windows-guest.ts'
import { askWindows } from './ask-windows.ts'

const MOST = 50
const LEVELS = { 1: 'critical', 2: 'error', 3: 'warning' } as const

/**
 * Reports records that `wanted` picks as log events of one symptom, equal ones counted. At the baseline it only sets the
 * bookmark: what was in the log before is the image's.
 */
export async function newEventRecords(
  subject: string,
  symptom: SymptomClass,
  wanted: (record: WindowsEvent) => boolean,
  target: CheckTarget,
  ctx: Context,
): Promise<readonly Fact[]> {
  const bookmark = target.memory.get('bookmark') as string | undefined
  const looked = await askWindows(subject, target, (windows) =>
    windows.eventRecords(bookmark, target.guest, ctx),
  )
  if (looked.blind !== undefined) return [looked.blind]
  target.memory.set('bookmark', looked.value.bookmark)
  if (target.moment === 'baseline') return []
  const facts = new Map<string, FactOf<'log-event'>>()
  for (const record of looked.value.records.filter(wanted)) {
    const fact = toFact(record, symptom)
    const key = `${fact.provider}|${fact.eventId}|${fact.message}`
    facts.set(key, { ...fact, count: (facts.get(key)?.count ?? 0) + 1 })
  }
  return [...facts.values()].slice(0, MOST)
}

function toFact(record: WindowsEvent, symptom: SymptomClass): FactOf<'log-event'> {
  const data = record.data.map(([name, value]) => (name === '' ? value : `${name}=${value}`)).join('; ')
  return {
    kind: 'log-event',
    level: LEVELS[record.level as keyof typeof LEVELS] ?? 'warning',
    provider: oneLine(record.provider, 200),
    eventId: String(record.eventId),
    message: oneLine(record.message === undefined || record.message === '' ? data : record.message, 1900),
    count: 0,
    symptom,
  }
}
