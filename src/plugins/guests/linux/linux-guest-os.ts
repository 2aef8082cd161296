/** The language spoken inside the linux-micro guest: one script (probes.sh) asks, everything it says is checked here. */
import { monotonicMs } from '../../../kit/clock.ts'
import { oneLine } from '../../../kit/text.ts'
import { AppError } from '../../../model/errors.ts'
import type { Channel } from '../../../sdk/channel.ts'
import type { Context } from '../../../sdk/context.ts'
import type { GuestOs } from '../../../sdk/guest-os.ts'
import { askGuest, numberOf, parseAnswer, runProbe, unreadable, valueOf, valuesOf } from './ask-guest.ts'
import { FORENSIC_PATHS, readForensics } from './crash-log.ts'
import { countEntries, parseEventLines, parseTally } from './event-lines.ts'
import {
  bootFacts,
  cpuTicks,
  crashFacts,
  driverFacts,
  fileFacts,
  resourceFacts,
  serviceFacts,
  type CpuTicks,
} from './linux-answers.ts'
import { linuxFingerprint } from './fingerprint.ts'
import { measuredProfile } from './measured-profile.ts'
import { readPanicText } from './panic-text.ts'

const TOOLS = '/usr/lib/ringzero-guest'

/** Loader, shell, init, agent, libraries, accounts and the guest's own scripts: without these no work is possible. */
const SYSTEM_FILES: readonly string[] = [
  '/bin/busybox',
  '/sbin/shutdown',
  '/usr/sbin/qemu-ga',
  '/lib64',
  '/lib/x86_64-linux-gnu',
  ...'passwd group hosts hostname services protocols inittab os-release'
    .split(' ')
    .map((name) => `/etc/${name}`),
  TOOLS,
]

const DEFAULT_MAXIMUM_FILES = 2000
const MAXIMUM_EVENT_BYTES = 512 * 1024
const MAXIMUM_ENTRIES = 500
const LAUNCH_WORD = 'ringzero'
const LAUNCH_ANSWER = 'evatmreb'
/** A session of the small guest opens in a fraction of a second. */
const LOGON_SECONDS = 30

/** Processor time at the last question, for the share that was busy since. */
const lastTicks = new WeakMap<Channel, CpuTicks>()

const resources: GuestOs['resources'] = async (guest, ctx) => {
  const answers = await askGuest('resources', [], guest, ctx)
  const now = cpuTicks(answers)
  const before = lastTicks.get(guest) ?? { all: 0, idle: 0 }
  lastTicks.set(guest, now)
  // Ticks begin anew with each start of the guest.
  const span = now.all > before.all ? now.all - before.all : now.all
  const idle = now.all > before.all ? now.idle - before.idle : now.idle
  return resourceFacts(answers, span === 0 ? 0 : Math.min(1, Math.max(0, 1 - idle / span)))
}

/** The bookmark is the number of bytes read; a log that became shorter is read from its start. */
const events: GuestOs['events'] = async (bookmark, guest, ctx) => {
  if (bookmark !== undefined && !/^\d{1,15}$/.test(bookmark))
    throw new AppError('BUG_BOOKMARK', 'tool', `"${oneLine(bookmark, 40)}" is no bookmark of this os`)
  const result = await runProbe('events', [bookmark ?? 'start', String(MAXIMUM_EVENT_BYTES)], guest, ctx)
  const text = result.stdout.toString('utf8')
  const begin = text.indexOf('lines\tfollow\n')
  if (result.exitCode !== 0 || begin === -1)
    throw unreadable('events', oneLine(result.stderr.toString('utf8'), 200))
  const head = parseAnswer(text.slice(0, begin))
  const start = numberOf('events', head, 'start')
  const wanted = (entry: { readonly start: number }): boolean =>
    bookmark !== undefined || entry.start === start
  const lines = parseEventLines(text.slice(begin + 'lines\tfollow\n'.length)).filter(wanted)
  const tallies = valuesOf(head, 'tally').flatMap(parseTally).filter(wanted)
  const { entries, cut } = countEntries(lines, tallies, MAXIMUM_ENTRIES)
  return { entries, bookmark: valueOf('events', head, 'size'), cut: cut + numberOf('events', head, 'untold') }
}

const network: GuestOs['network'] = async (guest, ctx) => {
  const answers = await askGuest('network', [], guest, ctx)
  const interfaces = valuesOf(answers, 'interface').map((name) => oneLine(name, 32))
  const loopback = valueOf('network', answers, 'loopback') === 'yes'
  return { loopback, interfaces, detail: `up: ${interfaces.join(', ') || 'none'}` }
}

const launch: GuestOs['launch'] = async (guest, ctx) => {
  const began = monotonicMs()
  const result = await runProbe('launch', [LAUNCH_WORD], guest, ctx)
  const milliseconds = monotonicMs() - began
  const answer = parseAnswer(result.stdout.toString('utf8')).find(({ key }) => key === 'answer')?.value
  const ok = result.exitCode === 0 && answer === LAUNCH_ANSWER
  const said = oneLine(`${result.stderr.toString('utf8')} ${result.stdout.toString('utf8')}`, 200)
  return {
    ok,
    milliseconds,
    detail: ok ? 'a shell, a pipe and two programs ran' : `ended with ${result.exitCode}: ${said}`,
  }
}

const firstLogon: GuestOs['firstLogon'] = async (guest, ctx) => {
  const answers = await askGuest('first-logon', [String(LOGON_SECONDS)], guest, ctx)
  const milliseconds = Math.round(
    1000 * (numberOf('first-logon', answers, 'ended') - numberOf('first-logon', answers, 'began')),
  )
  const left = valuesOf(answers, 'left')
    .slice(0, 16)
    .map((what) => oneLine(what, 120))
  const [refused] = valuesOf(answers, 'refused')
  if (refused !== undefined) return { outcome: 'refused', milliseconds, detail: oneLine(refused, 300), left }
  const session = valueOf('first-logon', answers, 'session')
  return session === 'opened'
    ? { outcome: 'signed-in', milliseconds, detail: '', left }
    : { outcome: 'failed', milliseconds, detail: oneLine(session, 300), left }
}

const restartService: GuestOs['restartService'] = async (name, guest, ctx) => {
  const result = await runProbe('restart-service', [name], guest, ctx)
  const said = oneLine(`${result.stdout.toString('utf8')} ${result.stderr.toString('utf8')}`, 400)
  return { ok: result.exitCode === 0, detail: result.exitCode === 0 ? `${name} restarted` : said }
}

/** The shutdown begins a moment later, so that the agent can still answer that it was agreed. */
async function askForEnd(program: 'reboot' | 'poweroff', guest: Channel, ctx: Context): Promise<void> {
  const later = '(sleep 0.3; exec "/sbin/$0") </dev/null >/dev/null 2>&1 &'
  const result = await guest.exec({ program: '/bin/sh', arguments: ['-c', later, program] }, ctx)
  if (result.exitCode !== 0)
    throw unreadable(
      program,
      `it ended with ${result.exitCode}: ${oneLine(result.stderr.toString('utf8'), 200)}`,
    )
}

async function transferFolder(guest: Channel, ctx: Context): Promise<string> {
  // Not /tmp: that is memory, and what travels may be as large as the disk allows.
  const result = await guest.exec(
    { program: '/bin/busybox', arguments: ['mktemp', '-d', '/var/lib/ringzero-transfer.XXXXXX'] },
    ctx,
  )
  const path = result.stdout.toString('utf8').trim()
  if (result.exitCode !== 0 || !/^\/var\/lib\/ringzero-transfer\.[A-Za-z0-9]{6}$/.test(path))
    throw unreadable('transfer folder', oneLine(result.stderr.toString('utf8'), 200))
  return path
}

async function removePath(path: string, guest: Channel, ctx: Context): Promise<void> {
  const result = await guest.exec({ program: '/bin/busybox', arguments: ['rm', '-rf', '--', path] }, ctx)
  if (result.exitCode !== 0) throw unreadable('remove', oneLine(result.stderr.toString('utf8'), 200))
}

export const linuxGuestOs: GuestOs = {
  name: 'linux',
  boot: async (guest, ctx) => bootFacts(await askGuest('boot', [], guest, ctx)),
  services: async (guest, ctx) => serviceFacts(await askGuest('services', [], guest, ctx)),
  drivers: async (guest, ctx) => driverFacts(await askGuest('drivers', [], guest, ctx)),
  files: async (paths, guest, ctx, maximumFiles = DEFAULT_MAXIMUM_FILES) =>
    fileFacts(await askGuest('files', [String(maximumFiles), ...paths], guest, ctx)),
  systemFiles: () => SYSTEM_FILES,
  // The whole disk is small enough to be hashed at each look.
  fingerprint: (_exact, guest, ctx) => linuxFingerprint(guest, ctx),
  resources,
  events,
  crashes: async (guest, ctx) => crashFacts(await askGuest('crashes', [], guest, ctx)),
  profile: async (guest, ctx) => measuredProfile(await askGuest('profile', [], guest, ctx)),
  network,
  launch,
  firstLogon,
  restartService,
  setClock: async (at, guest, ctx) => {
    const answers = await askGuest('set-clock', [String(Math.round(at / 1000))], guest, ctx)
    return 1000 * numberOf('set-clock', answers, 'clock')
  },
  restart: (guest, ctx) => askForEnd('reboot', guest, ctx),
  shutdown: (guest, ctx) => askForEnd('poweroff', guest, ctx),
  transferFolder,
  removePath,
  joinPath: (...parts) => parts.join('/').replaceAll(/\/{2,}/g, '/'),
  forensicPaths: () => FORENSIC_PATHS,
  readForensics,
  readSerialCrash: readPanicText,
}
