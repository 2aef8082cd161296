/** What every operating system is asked, asked of Windows. */
import type { Channel } from '../../../sdk/channel.ts'
import type { Context } from '../../../sdk/context.ts'
import type {
  BootFacts,
  FirstLogon,
  GuestOs,
  LogEntry,
  MeasuredProfile,
  ResourceFacts,
  ServiceFact,
} from '../../../sdk/guest-os.ts'
import { summarizeEvents } from './event-facts.ts'
import { measureProfile } from './measured-profile.ts'
import { readEvents } from './read-events.ts'
import { runProbe } from './run-probe.ts'
import {
  BootAnswer,
  DriversAnswer,
  FilesAnswer,
  FirstLogonAnswer,
  LaunchAnswer,
  NetworkAnswer,
  ProfileAnswer,
  ResourcesAnswer,
  ServicesAnswer,
} from './system-answers.ts'

const MIB = 1024 * 1024
/** Exit codes of services that ended as they should: 0, and 1077 "never started since the last boot". */
const SERVICE_ENDED_WELL = new Set([0, 1077])

/** Which start this is and whether it ended. */
export async function readBoot(guest: Channel, ctx: Context): Promise<BootFacts> {
  const { setup, ...facts } = await runProbe('boot', {}, BootAnswer, guest, ctx)
  return setup === '' ? facts : { ...facts, setup }
}

/**
 * Services. One started by a trigger or by hand is not wanted, nor is one of the delayed start (two minutes after the
 * others) that has not begun or did its work and ended well (updaters, optimisers): which of those must run, a product's
 * own file says. A service that should run and ended with an error has failed.
 */
export async function readServices(guest: Channel, ctx: Context): Promise<readonly ServiceFact[]> {
  const { services } = await runProbe('services', {}, ServicesAnswer, guest, ctx)
  return services.map(({ name, state, automatic, delayed, exitCode, restarts }) => ({
    name,
    state: serviceState(state, automatic && !SERVICE_ENDED_WELL.has(exitCode)),
    wanted: automatic && !(delayed && state === 'Stopped' && SERVICE_ENDED_WELL.has(exitCode)),
    restarts,
  }))
}

/** WMI's State is not localised: Running, Stopped, Start Pending, Stop Pending, Continue Pending, Paused … */
function serviceState(state: string, endedBadly: boolean): ServiceFact['state'] {
  if (state === 'Running') return 'running'
  if (state === 'Start Pending' || state === 'Continue Pending') return 'starting'
  return endedBadly ? 'failed' : 'stopped'
}

/** Drivers that run, by service name. */
export async function readDrivers(
  guest: Channel,
  ctx: Context,
): Promise<ReadonlyMap<string, Readonly<Record<string, string>>>> {
  const { drivers } = await runProbe('drivers', {}, DriversAnswer, guest, ctx)
  return new Map(
    drivers
      .filter(({ state }) => state === 'Running')
      .map(({ name, path, start, version, company, signer, signature }) => [
        name,
        { path, start, version, company, signer, signature },
      ]),
  )
}

/** Hashes of files and of what is in folders. */
export async function readFiles(
  paths: readonly string[],
  guest: Channel,
  ctx: Context,
  maximumFiles = 10_000,
): ReturnType<GuestOs['files']> {
  const parameters = { paths, maximum: maximumFiles }
  const { files, cut } = await runProbe('files', parameters, FilesAnswer, guest, ctx)
  return { files: new Map(files.map(({ path, sha256, size }) => [path, { sha256, size }])), cut }
}

interface ProcessorTicks {
  readonly idle: bigint
  readonly time: bigint
}

/** The last counters of each guest, so that the share is over the time since the last question. */
const lastTicks = new WeakMap<Channel, ProcessorTicks>()

/** Memory, disk, processor, handles. The first answer about the processor is the share since the counters began. */
export async function readResources(guest: Channel, ctx: Context): Promise<ResourceFacts> {
  const answer = await runProbe('resources', {}, ResourcesAnswer, guest, ctx)
  const ticks = { idle: BigInt(answer.idleTicks), time: BigInt(answer.timeTicks) }
  const before = lastTicks.get(guest)
  lastTicks.set(guest, ticks)
  return {
    memoryUsedMiB: Math.round((answer.memoryTotalKiB - answer.memoryFreeKiB) / 1024),
    memoryTotalMiB: Math.round(answer.memoryTotalKiB / 1024),
    kernelMemoryMiB: answer.nonPagedBytes / MIB,
    diskUsedMiB: Math.round((answer.diskTotalBytes - answer.diskFreeBytes) / MIB),
    diskTotalMiB: Math.round(answer.diskTotalBytes / MIB),
    cpuBusy: before === undefined ? 0 : busyShare(before, ticks),
    processes: answer.processes,
    handles: answer.handles,
  }
}

/** Both counters run in 100 ns; the idle one is the average over all processors. */
function busyShare(before: ProcessorTicks, now: ProcessorTicks): number {
  const time = Number(now.time - before.time)
  if (time <= 0) return 0
  return Math.min(1, Math.max(0, 1 - Number(now.idle - before.idle) / time))
}

/** Log entries since the bookmark. */
export async function readLogEntries(
  bookmark: string | undefined,
  guest: Channel,
  ctx: Context,
): Promise<{ readonly entries: readonly LogEntry[]; readonly bookmark: string; readonly cut: number }> {
  const read = await readEvents(bookmark, guest, ctx)
  const { entries, cut } = summarizeEvents(read.records, read.tallies)
  return { entries, bookmark: read.bookmark, cut: read.cut + cut }
}

/** The hardware as the guest sees it. */
export async function readProfile(guest: Channel, ctx: Context): Promise<MeasuredProfile> {
  return measureProfile(await runProbe('profile', {}, ProfileAnswer, guest, ctx))
}

/** Loopback and interfaces. */
export async function readNetwork(guest: Channel, ctx: Context): ReturnType<GuestOs['network']> {
  return runProbe('network', {}, NetworkAnswer, guest, ctx)
}

/** Small programs start. */
export async function readLaunch(guest: Channel, ctx: Context): ReturnType<GuestOs['launch']> {
  return runProbe('launch', {}, LaunchAnswer, guest, ctx)
}

/** A profile that is made anew takes a busy machine a minute. */
const LOGON_SECONDS = 90

/** A new user signs in; undefined on a domain controller. */
export async function readFirstLogon(guest: Channel, ctx: Context): Promise<FirstLogon | undefined> {
  const asked = { seconds: LOGON_SECONDS }
  const { applies, ...answer } = await runProbe('first-logon', asked, FirstLogonAnswer, guest, ctx)
  return applies ? answer : undefined
}
