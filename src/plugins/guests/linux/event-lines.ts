/** The guest's event log: tab-separated seconds, start number, level, provider, id, message. */
import { printable } from '../../../kit/text.ts'
import type { LogEntry } from '../../../sdk/guest-os.ts'

/** One line of the log, as written. */
export interface EventLine extends Omit<LogEntry, 'count'> {
  readonly start: number
}

const LINE = /^\d{1,12}\t(\d{1,9})\t(warning|error|critical)\t([^\t]{1,64})\t([^\t]{0,32})\t([^\t]{0,1200})$/

/** The warning, error and critical lines; everything else, also damaged lines, is left out. */
export function parseEventLines(text: string): readonly EventLine[] {
  return text.split('\n').flatMap((line) => {
    const [, start, level, provider, eventId, message] = LINE.exec(printable(line)) ?? []
    if (start === undefined || provider === undefined || eventId === undefined || message === undefined)
      return []
    return [{ start: Number(start), level: level as LogEntry['level'], provider, eventId, message }]
  })
}

/** How often one kind of entry was written in one start of the guest. */
export interface EventTally extends Omit<EventLine, 'message'> {
  readonly count: number
}

const TALLY = /^(\d{1,9})\t(\d{1,9})\t(warning|error|critical)\t([^\t]{1,64})\t([^\t]{0,32})$/

/** `count start level provider id`, as the guest counted all of its log; everything else is left out. */
export function parseTally(text: string): readonly EventTally[] {
  const [, count, start, level, provider, eventId] = TALLY.exec(text) ?? []
  if (provider === undefined || eventId === undefined) return []
  return [
    { count: Number(count), start: Number(start), level: level as LogEntry['level'], provider, eventId },
  ]
}

/**
 * Equal entries as one with a count, at most `maximum` of them. What the tallies count beyond the lines that were told goes to
 * the first entry of the same kind, so that the numbers of a flood are true; `cut` counts what no entry stands for.
 */
export function countEntries(
  lines: readonly EventLine[],
  tallies: readonly EventTally[],
  maximum: number,
): { readonly entries: readonly LogEntry[]; readonly cut: number } {
  const groups = new Map<string, { -readonly [K in keyof LogEntry]: LogEntry[K] }>()
  const untold = new Map<string, number>()
  const add = (kind: string, count: number): void => void untold.set(kind, (untold.get(kind) ?? 0) + count)
  for (const tally of tallies) add(kindOf(tally), tally.count)
  for (const { level, provider, eventId, message } of lines) {
    const key = JSON.stringify([level, provider, eventId, message])
    const group = groups.get(key)
    if (group === undefined && groups.size >= maximum) continue
    add(kindOf({ level, provider, eventId }), -1)
    if (group !== undefined) group.count += 1
    else groups.set(key, { level, provider, eventId, message, count: 1 })
  }
  for (const group of groups.values()) {
    group.count += Math.max(0, untold.get(kindOf(group)) ?? 0)
    untold.delete(kindOf(group))
  }
  return {
    entries: [...groups.values()],
    cut: [...untold.values()].reduce((sum, count) => sum + Math.max(0, count), 0),
  }
}

function kindOf({ level, provider, eventId }: Omit<LogEntry, 'message' | 'count'>): string {
  return JSON.stringify([level, provider, eventId])
}
