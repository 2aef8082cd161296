/** Drivers and services that Windows could not start since the baseline, and devices that got into trouble. */
import type { Check } from '../../../sdk/check.ts'
import type { WindowsEvent } from '../../../sdk/windows-guest.ts'
import { EVERY_MOMENT } from '../shared/moments.ts'
import { newEventRecords } from './new-event-records.ts'

/** Provider → ids; an id alone means nothing, other providers use the same numbers. */
const FAILURES: Readonly<Record<string, readonly number[]>> = {
  'Service Control Manager': [7000, 7001, 7009, 7011, 7022, 7023, 7024, 7026, 7031, 7034],
  'Microsoft-Windows-Kernel-PnP': [219],
  'Microsoft-Windows-FilterManager': [3, 4, 5, 7, 9, 11],
  'Microsoft-Windows-DriverFrameworks-UserMode': [10110, 10111, 10112, 10115, 10116, 10117],
}
/** Drivers that Windows leaves out in every virtual machine; a record that names only them is routine. */
const ROUTINE = new Set(['dam', 'csc'])

export const windowsDriverLoad: Check = {
  id: 'windows-driver-load',
  title: 'drivers and services start',
  cannotSee: 'a failure for which Windows writes no event',
  moments: EVERY_MOMENT,
  os: ['windows'],
  shows: ['driver-load-failure'],
  run: (target, ctx) => newEventRecords('windows:driver-load', 'driver-load-failure', isFailure, target, ctx),
}

function isFailure(record: WindowsEvent): boolean {
  if (FAILURES[record.provider]?.includes(record.eventId) !== true) return false
  if (record.provider !== 'Service Control Manager' || record.eventId !== 7026) return true
  const names = (record.data[0]?.[1] ?? '').split(/\s+/).filter((name) => name !== '')
  return !names.every((name) => ROUTINE.has(name.toLowerCase()))
}
