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

/** Equal entries as one with a count, at most `maximum` of them; `cut` is the number of lines left out. */
export function countEntries(
  lines: readonly EventLine[],
  maximum: number,
): { readonly entries: readonly LogEntry[]; readonly cut: number } {
  const groups = new Map<string, { entry: Omit<LogEntry, 'count'>; count: number }>()
  let cut = 0
  for (const { level, provider, eventId, message } of lines) {
    const key = JSON.stringify([level, provider, eventId, message])
    const group = groups.get(key)
    if (group !== undefined) group.count += 1
    else if (groups.size < maximum)
      groups.set(key, { entry: { level, provider, eventId, message }, count: 1 })
    else cut += 1
  }
  return { entries: [...groups.values()].map(({ entry, count }) => ({ ...entry, count })), cut }
}
