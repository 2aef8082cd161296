/** The language spoken inside a Windows guest. Its questions are PowerShell scripts (scripts/), its answers checked JSON. */
import { oneLine } from '../../../kit/text.ts'
import { AppError } from '../../../model/errors.ts'
import type { Channel } from '../../../sdk/channel.ts'
import type { Context } from '../../../sdk/context.ts'
import type { GuestOs } from '../../../sdk/guest-os.ts'
import { z } from 'zod'
import { word } from './answer.ts'
import { explainBugCheck } from './bug-check.ts'
import { windowsFingerprint } from './fingerprint.ts'
import { readCrashes } from './crash-records.ts'
import { FORENSIC_PATHS, readForensics } from './forensics.ts'
import { runProbe } from './run-probe.ts'
import { readSerialCrash } from './serial-crash.ts'
import { DoneAnswer } from './system-answers.ts'
import {
  readBoot,
  readDrivers,
  readFiles,
  readFirstLogon,
  readLaunch,
  readLogEntries,
  readNetwork,
  readProfile,
  readResources,
  readServices,
} from './system-probes.ts'
import { windowsGuest } from './windows-guest.ts'

const SYSTEM32 = 'C:\\Windows\\System32'
const SHUTDOWN = `${SYSTEM32}\\shutdown.exe`
/** A shutdown is already under way (ERROR_SHUTDOWN_IN_PROGRESS, ERROR_SHUTDOWN_IS_SCHEDULED): what was asked for happens. */
const SHUTDOWN_AGREED = new Set([0, 1115, 1190])

/** Loader, kernel, session manager, logon, the file system's stack and the shell: without these no work is possible. */
const SYSTEM_FILES: readonly string[] = [
  'C:\\Windows\\explorer.exe',
  ...['ntoskrnl.exe', 'hal.dll', 'winload.efi', 'winload.exe', 'ci.dll', 'ntdll.dll', 'kernel32.dll']
    .concat('kernelbase.dll', 'user32.dll', 'smss.exe', 'csrss.exe', 'wininit.exe', 'winlogon.exe')
    .concat('services.exe', 'lsass.exe', 'svchost.exe', 'cmd.exe', 'drivers\\ntfs.sys', 'drivers\\fltmgr.sys')
    .concat('drivers\\tcpip.sys', 'drivers\\disk.sys', 'drivers\\volmgr.sys', 'drivers\\partmgr.sys')
    .map((name) => `${SYSTEM32}\\${name}`),
]

export const windowsGuestOs: GuestOs = {
  name: 'windows',
  boot: readBoot,
  services: readServices,
  drivers: readDrivers,
  files: readFiles,
  systemFiles: () => SYSTEM_FILES,
  fingerprint: windowsFingerprint,
  resources: readResources,
  events: readLogEntries,
  crashes: readCrashes,
  profile: readProfile,
  network: readNetwork,
  launch: readLaunch,
  firstLogon: readFirstLogon,
  restartService: (name, guest, ctx) => runProbe('restart-service', { name }, DoneAnswer, guest, ctx),
  async setClock(at, guest, ctx) {
    return (await runProbe('set-clock', { at }, z.object({ clock: z.number() }), guest, ctx)).clock
  },
  restart: (guest, ctx) => askShutdown('/r', guest, ctx),
  shutdown: (guest, ctx) => askShutdown('/s', guest, ctx),
  async transferFolder(guest, ctx) {
    return (await runProbe('transfer-folder', {}, z.object({ path: word(300) }), guest, ctx)).path
  },
  async removePath(path, guest, ctx) {
    await runProbe('remove-path', { path }, z.object({ gone: z.boolean() }), guest, ctx)
  },
  joinPath: (...parts) => parts.map((part) => part.replaceAll('/', '\\').replace(/\\+$/, '')).join('\\'),
  forensicPaths: () => FORENSIC_PATHS,
  readForensics,
  readSerialCrash,
  explainCrash(code, parameters) {
    const { code: normal, name, explanation } = explainBugCheck(code, parameters)
    return { code: normal, title: name, explanation }
  },
  windows: windowsGuest,
}

/** /d p:2:4 is "planned, operating system reconfiguration": the log tells our restarts from others. */
async function askShutdown(how: '/r' | '/s', guest: Channel, ctx: Context): Promise<void> {
  const result = await guest.exec(
    { program: SHUTDOWN, arguments: [how, '/t', '1', '/d', 'p:2:4'], maximumBytes: 4096 },
    ctx,
  )
  if (SHUTDOWN_AGREED.has(result.exitCode)) return
  const said = oneLine(result.stderr.toString('utf8'), 300)
  throw new AppError(
    'GUEST_PROBE',
    'host',
    `the guest did not agree to shut down: ${result.exitCode} ${said}`,
  )
}
