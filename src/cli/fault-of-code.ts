/** Whose fault the code of an error tells of, as `ringzero explain CODE` says it. */
import type { Fault } from '../model/errors.ts'

/** Codes that begin so; all others are the user's to correct. */
const FAMILIES: readonly (readonly [RegExp, Fault])[] = [
  [/^BUG_/, 'tool'],
  [/^(?:HOST|GUEST)_|^(?:DISK_FULL|DATABASE_AWAY|JOURNAL_DISK_FULL|JOURNAL_WRITE|EVIDENCE_WRITE)$/, 'host'],
  [/^PLUGIN_|^(?:REPORTER_FAILED|REPORT_NAME|EVIDENCE_NAME|EVIDENCE_MISSING)$/, 'plugin'],
]

/** Codes whose fault is another than that of their family. */
const OTHERS: Readonly<Record<string, Fault>> = {
  AFTER_TIMEOUT: 'host',
  SIGNING_FAILED: 'host',
  TRANSPORT_FAILED: 'host',
  UNDO_NOT_OFFLINE: 'host',
  GUEST_CREDENTIALS: 'user',
  HOST_CALL_TEXT: 'user',
  PLUGIN_MISSING: 'user',
  PLUGIN_OPTIONS: 'user',
  INTERRUPTED: 'cancelled',
  RUN_CANCELLED: 'cancelled',
  RUN_TAKEN_OVER: 'cancelled',
  GUEST_FILE_DIFFERS: 'tool',
  GUEST_OS: 'tool',
  GUEST_REFUSED: 'tool',
  HOST_CALL_TOO_LARGE: 'tool',
  MACHINE_GONE: 'tool',
  MACHINE_NOT_OFF: 'tool',
  OFFLINE_DISK_UNREADABLE: 'tool',
  OFFLINE_PATH: 'tool',
  OUTPUT_LOST: 'tool',
  OFFLINE_WRITE_FAILED: 'tool',
  UNDO_UNREADABLE: 'tool',
}

/** The fault with which errors of this code are thrown; a few are also thrown with another. */
export function faultOfCode(code: string): Fault {
  return OTHERS[code] ?? FAMILIES.find(([family]) => family.test(code))?.[1] ?? 'user'
}
