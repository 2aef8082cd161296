/** What event records say: entries worth a person's time, crashes, starts. For records from a file and from a running guest alike. */
import { oneLine } from '../../../kit/text.ts'
import type { CrashRecord, LogEntry } from '../../../sdk/guest-os.ts'
import { explainBugCheck } from './bug-check.ts'
import type { EventRecord } from './event-log-file.ts'

/** The part of a record that both sources have; `message` is Windows' own rendering, where a guest could give it. */
export type EventSource = Pick<EventRecord, 'provider' | 'eventId' | 'level' | 'channel' | 'data'> & {
  readonly message?: string
}

const MAXIMUM_ENTRIES = 500
const SERVICES = 'Service Control Manager'
const FILTERS = 'Microsoft-Windows-FilterManager'

/** In our words, because a log file holds no texts. Ids are only unique together with their provider. */
const TITLES: Readonly<Record<string, string>> = {
  'Microsoft-Windows-Kernel-Power 41': 'restarted without a clean shutdown',
  'EventLog 6008': 'the last shutdown was unexpected',
  'Microsoft-Windows-WER-SystemErrorReporting 1001': 'restarted after a bug check',
  [`${SERVICES} 7000`]: 'service did not start',
  [`${SERVICES} 7001`]: 'service did not start because of a dependency',
  [`${SERVICES} 7009`]: 'service did not connect in time',
  [`${SERVICES} 7011`]: 'service did not answer in time',
  [`${SERVICES} 7022`]: 'service hung while starting',
  [`${SERVICES} 7023`]: 'service ended with an error',
  [`${SERVICES} 7024`]: 'service ended with an error of its own',
  [`${SERVICES} 7026`]: 'boot or system drivers did not load',
  [`${SERVICES} 7031`]: 'service ended unexpectedly and is restarted',
  [`${SERVICES} 7034`]: 'service ended unexpectedly',
  'Microsoft-Windows-Kernel-PnP 219': 'driver did not load for a device',
  [`${FILTERS} 3`]: 'filter manager could not attach to a volume',
  [`${FILTERS} 4`]: 'minifilter could not attach to a volume',
  [`${FILTERS} 5`]: 'minifilter could not register',
  [`${FILTERS} 7`]: 'minifilter could not start filtering',
  'Application Error 1000': 'program crashed',
  'Application Hang 1002': 'program hangs',
  'Microsoft-Windows-CodeIntegrity 3004': 'driver with an invalid signature',
  'Microsoft-Windows-CodeIntegrity 3023': 'driver blocked: its signature is revoked',
  'Microsoft-Windows-CodeIntegrity 3033': 'image blocked: signing level not met',
  'Microsoft-Windows-CodeIntegrity 3077': 'image blocked by the code integrity policy',
  'Microsoft-Windows-Resource-Exhaustion-Detector 2004': 'low on virtual memory',
}

/** Drivers that Windows itself leaves out in every virtual machine; alone they are no failure. */
const ROUTINE_NOT_LOADED = new Set(['dam', 'csc'])

/**
 * Critical, error and warning records, equal ones counted; at most 500, `cut` counts the rest. What the tallies count beyond
 * the records goes to the first entry of the same kind. Texts are bounded here.
 */
export function summarizeEvents(
  records: readonly EventSource[],
  tallies: readonly (Pick<EventSource, 'provider' | 'eventId' | 'level'> & { readonly count: number })[] = [],
): { readonly entries: readonly LogEntry[]; readonly cut: number } {
  const groups = new Map<string, { entry: Omit<LogEntry, 'count'>; count: number }>()
  let cut = 0
  for (const record of records) {
    const level = levelOf(record)
    if (level === undefined || isRoutine(record)) continue
    const entry = {
      level,
      provider: oneLine(record.provider, 200),
      eventId: String(record.eventId),
      message: describeEvent(record),
    }
    const key = `${level}|${entry.provider}|${entry.eventId}|${entry.message}`
    const group = groups.get(key)
    if (group !== undefined) group.count += 1
    else if (groups.size < MAXIMUM_ENTRIES) groups.set(key, { entry, count: 1 })
    else cut += 1
  }
  for (const { count, ...kind } of tallies) {
    const provider = oneLine(kind.provider, 200)
    const same = [...groups.values()].find(
      ({ entry }) =>
        entry.level === levelOf(kind) &&
        entry.provider === provider &&
        entry.eventId === String(kind.eventId),
    )
    if (same === undefined) cut += count
    else same.count += count
  }
  return { entries: [...groups.values()].map(({ entry, count }) => ({ ...entry, count })), cut }
}

/** One line: our title or Windows' message, then the data fields; at most 1500 characters. */
export function describeEvent(record: EventSource): string {
  const title = TITLES[`${record.provider} ${record.eventId}`]
  if (title === undefined && record.message !== undefined && record.message !== '')
    return oneLine(record.message, 1500)
  const values = record.data
    .filter(([name, value]) => name !== 'Binary' && value !== '')
    .slice(0, 12)
    .map(([name, value]) => (name === '' ? value : `${name}=${value}`))
  return oneLine(
    [title, values.join('; ')].filter((part) => part !== undefined && part !== '').join(': '),
    1500,
  )
}

/** Crashes that the log reports after the fact: BugCheck 1001, and Kernel-Power 41 with a code. Newest last. */
export function crashesOfEvents(records: readonly EventSource[]): readonly CrashRecord[] {
  return records.flatMap((record): CrashRecord[] => {
    if (record.provider === 'Microsoft-Windows-WER-SystemErrorReporting' && record.eventId === 1001)
      return crashOfBugCheckEvent(record)
    if (record.provider === 'Microsoft-Windows-Kernel-Power' && record.eventId === 41)
      return crashOfPowerEvent(record)
    return []
  })
}

/** param1 is `0x0000007e (0x…, 0x…, 0x…, 0x…)`, param2 the dump's path. */
function crashOfBugCheckEvent(record: EventSource): CrashRecord[] {
  const [text = '', path = ''] = record.data.map(([, value]) => value)
  const match = /^(0x[0-9a-f]{1,8})(?: \(((?:0x[0-9a-f]{1,16}(?:, )?){0,4})\))?/i.exec(text)
  if (match === null) return []
  const parameters = (match[2] ?? '').split(', ').filter((value) => value !== '')
  const { code, name, explanation } = explainBugCheck(match[1] ?? '', parameters)
  return [
    {
      mechanism: 'bugcheck',
      title: name,
      code,
      parameters,
      ...(explanation === '' ? {} : { explanation }),
      ...(/^[A-Za-z]:\\/.test(path) ? { path: oneLine(path, 400) } : {}),
    },
  ]
}

/** BugcheckCode is decimal; 0 means that no bug check was recorded (power loss, reset, hang). */
function crashOfPowerEvent(record: EventSource): CrashRecord[] {
  const value = (name: string): string => record.data.find(([field]) => field === name)?.[1] ?? ''
  const number = Number(value('BugcheckCode'))
  if (!Number.isInteger(number) || number <= 0 || number > 0xffff_ffff) return []
  const parameters = [1, 2, 3, 4].map((index) => value(`BugcheckParameter${index}`).slice(0, 32))
  const { code, name, explanation } = explainBugCheck(String(number), parameters)
  return [
    { mechanism: 'bugcheck', title: name, code, parameters, ...(explanation === '' ? {} : { explanation }) },
  ]
}

function levelOf(record: Pick<EventSource, 'level'>): LogEntry['level'] | undefined {
  return ({ 1: 'critical', 2: 'error', 3: 'warning' } as const)[record.level as 1 | 2 | 3]
}

function isRoutine(record: EventSource): boolean {
  if (record.provider !== SERVICES || record.eventId !== 7026) return false
  const names = (record.data[0]?.[1] ?? '').split(/\s+/).filter((name) => name !== '')
  return names.length > 0 && names.every((name) => ROUTINE_NOT_LOADED.has(name.toLowerCase()))
}
