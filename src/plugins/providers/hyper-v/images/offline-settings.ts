/** Registry values that a golden disk gets before its first start. Keys are relative to the hive. */

export interface OfflineSetting {
  /** Hive and key, as `SYSTEM\ControlSet001\Control\CrashControl`. */
  readonly key: string
  readonly name: string
  readonly value: number | string
  readonly type: 'DWord' | 'String'
}

const CONTROL = 'SYSTEM\\ControlSet001\\Control'
/** What each important event log keeps. */
export const LOG_BYTES = 64 * 1024 * 1024

/** Logs whose keys on the disk may belong to TrustedInstaller: their service sets their size at the first start. */
export const CHANNELS: readonly string[] = [
  'Microsoft-Windows-CodeIntegrity/Operational',
  'Microsoft-Windows-Windows Defender/Operational',
]

/** Where the kernel writes its dump at once: the paging file would be turned into a dump by the next start only. */
export const DEDICATED_DUMP = 'C:\\ringzero-dump.dmp'

const crashControl = (name: string, value: number | string): OfflineSetting => ({
  key: `${CONTROL}\\CrashControl`,
  name,
  value,
  type: typeof value === 'number' ? 'DWord' : 'String',
})

const logSize = (channel: string): OfflineSetting => ({
  key: `SYSTEM\\ControlSet001\\Services\\EventLog\\${channel}`,
  name: 'MaxSize',
  value: LOG_BYTES,
  type: 'DWord',
})

/** Safe mode starts what is listed below this key and nothing else. That these services then work is not proven. */
const startsInSafeMode = (service: string): OfflineSetting => ({
  key: `${CONTROL}\\SafeBoot\\Minimal\\${service}`,
  // The key's own value has no name.
  name: '',
  value: 'Service',
  type: 'String',
})

export const OFFLINE_SETTINGS: readonly OfflineSetting[] = [
  // A machine that restarts by itself after a bug check hides it: it stays on its blue screen.
  crashControl('AutoReboot', 0),
  crashControl('CrashDumpEnabled', 7),
  crashControl('DedicatedDumpFile', DEDICATED_DUMP),
  crashControl('AlwaysKeepMemoryDump', 1),
  crashControl('LogEvent', 1),
  crashControl('MinidumpsCount', 50),
  logSize('System'),
  logSize('Application'),
  // PowerShell Direct, heartbeat and data exchange: without them the host cannot see how safe mode does.
  ...['vmicvmsession', 'vmicheartbeat', 'vmickvpexchange'].map(startsInSafeMode),
  // What is measured must not change by itself.
  {
    key: 'SOFTWARE\\Policies\\Microsoft\\Windows\\WindowsUpdate\\AU',
    name: 'NoAutoUpdate',
    value: 1,
    type: 'DWord',
  },
  { key: 'SOFTWARE\\Policies\\Microsoft\\WindowsStore', name: 'AutoDownload', value: 2, type: 'DWord' },
  // A disk that encrypts itself could not be read from outside once its machine is dead.
  { key: `${CONTROL}\\BitLocker`, name: 'PreventDeviceEncryption', value: 1, type: 'DWord' },
  // A local administrator's session through the hypervisor keeps its rights.
  {
    key: 'SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Policies\\System',
    name: 'LocalAccountTokenFilterPolicy',
    value: 1,
    type: 'DWord',
  },
]
