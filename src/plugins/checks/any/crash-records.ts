/** Crashes that the guest itself kept a record of since the baseline, also those that the host missed. */
import { bounded } from '../../../kit/text.ts'
import type { FactOf } from '../../../model/observation.ts'
import type { Check } from '../../../sdk/check.ts'
import type { CrashRecord } from '../../../sdk/guest-os.ts'
import { blind, look } from '../shared/look.ts'
import { EVERY_MOMENT } from '../shared/moments.ts'

const MOST = 20

export const crashRecords: Check = {
  id: 'crash-records',
  title: 'the guest kept no record of a crash',
  cannotSee: 'a crash of which the guest kept no record; the host’s watch sees most of those',
  moments: EVERY_MOMENT,
  os: ['linux', 'windows'],
  shows: ['bugcheck', 'panic'],
  async run(target, ctx) {
    const looked = await look('crash-records', () => target.os.crashes(target.guest, ctx))
    if (looked.blind !== undefined) return [looked.blind]
    const known = target.memory.get('known') as readonly string[] | undefined
    target.memory.set('known', looked.value.map(keyOf))
    if (target.moment === 'baseline') return []
    if (known === undefined) return [blind('crash-records', 'they were not listed at the baseline')]
    return withoutKnown(looked.value, known)
      .slice(0, MOST)
      .map((record) => toFact(record, target.starts))
  },
}

function keyOf(record: CrashRecord): string {
  return JSON.stringify([record.path, record.mechanism, record.code, record.title])
}

/** The same crash may happen again: as many as were known are taken off, not all that look alike. */
function withoutKnown(records: readonly CrashRecord[], known: readonly string[]): readonly CrashRecord[] {
  const left = Map.groupBy(known, (key) => key)
  return records.filter((record) => left.get(keyOf(record))?.pop() === undefined)
}

function toFact(record: CrashRecord, starts: number): FactOf<'crash'> {
  return {
    kind: 'crash',
    mechanism: record.mechanism,
    title: bounded(record.title, 360),
    ...(record.code === undefined ? {} : { code: record.code.slice(0, 32) }),
    ...(record.parameters === undefined
      ? {}
      : { parameters: record.parameters.slice(0, 4).map((parameter) => parameter.slice(0, 32)) }),
    ...(record.module === undefined ? {} : { module: record.module.slice(0, 128) }),
    ...(record.explanation === undefined ? {} : { explanation: bounded(record.explanation, 1900) }),
    // A record does not say how far the start had got; the kernel ran, or the record could not have been written.
    milestone: 'kernel',
    bootOrdinal: Math.max(1, starts),
  }
}
