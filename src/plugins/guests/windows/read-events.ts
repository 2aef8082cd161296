/** Event records of a running guest since a bookmark: the newest record id of each channel. */
import { z } from 'zod'
import type { Channel } from '../../../sdk/channel.ts'
import type { Context } from '../../../sdk/context.ts'
import type { WindowsEvent } from '../../../sdk/windows-guest.ts'
import { runProbe } from './run-probe.ts'
import { EventsAnswer } from './system-answers.ts'

/** A channel that a build does not have is passed over by the script. */
const CHANNELS = [
  'System',
  'Application',
  'Setup',
  'Microsoft-Windows-CodeIntegrity/Operational',
  'Microsoft-Windows-Windows Defender/Operational',
  'Microsoft-Windows-DriverFrameworks-UserMode/Operational',
]

const BookmarkSchema = z.record(z.string().max(200), z.number())

/** Critical, error and warning records, oldest first. An unreadable bookmark counts as none: since this start. */
export async function readEvents(
  bookmark: string | undefined,
  guest: Channel,
  ctx: Context,
): Promise<{
  readonly records: readonly WindowsEvent[]
  readonly bookmark: string
  readonly cut: number
  /** How many more there were of each kind. */
  readonly tallies: z.output<typeof EventsAnswer>['tallies']
}> {
  const marks = readBookmark(bookmark)
  const answer = await runProbe('events', { channels: CHANNELS, bookmark: marks }, EventsAnswer, guest, ctx)
  return {
    records: answer.records.map((record) => ({
      ...record,
      data: record.data.map(({ name, value }) => [name, value] as const),
    })),
    bookmark: JSON.stringify({ ...marks, ...answer.marks }),
    cut: answer.cut,
    tallies: answer.tallies,
  }
}

function readBookmark(bookmark: string | undefined): Record<string, number> {
  if (bookmark === undefined) return {}
  try {
    return BookmarkSchema.catch({}).parse(JSON.parse(bookmark))
  } catch {
    return {}
  }
}
