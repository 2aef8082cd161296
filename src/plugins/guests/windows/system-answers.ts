/** The answers to what every operating system is asked (scripts/*.ps1), as checked shapes. */
import { z } from 'zod'
import { count, list, table, text, word } from './answer.ts'

export const BootAnswer = z.object({
  bootId: word(128),
  bootCount: count(),
  uptimeSeconds: count(),
  mode: z.enum(['normal', 'safe', 'recovery']),
  finished: z.boolean(),
  setup: text(200),
  kernel: text(64),
  build: text(32),
  pendingRestart: list(text(400), 100),
})

export const ServicesAnswer = z.object({
  services: list(
    z.object({
      name: word(256),
      state: word(32),
      automatic: z.boolean(),
      delayed: z.boolean(),
      exitCode: count(),
      restarts: count(),
    }),
    5000,
  ),
})

export const DriversAnswer = z.object({
  drivers: list(
    z.object({
      name: word(256),
      path: text(512),
      state: word(32),
      start: word(32),
      version: text(64),
      company: text(200),
      signer: text(200),
      signature: text(40),
    }),
    5000,
  ),
})

export const FilesAnswer = z.object({
  files: list(
    z.object({ path: word(1024), sha256: z.string().regex(/^[0-9a-f]{64}$/), size: count() }),
    100_000,
  ),
  cut: count(),
})

export const ResourcesAnswer = z.object({
  memoryTotalKiB: count(),
  memoryFreeKiB: count(),
  nonPagedBytes: count(),
  pagedBytes: count(),
  diskTotalBytes: count(),
  diskFreeBytes: count(),
  idleTicks: z.string().regex(/^\d{1,24}$/),
  timeTicks: z.string().regex(/^\d{1,24}$/),
  processes: count(),
  handles: count(),
})

const EventAnswer = z.object({
  channel: text(200),
  provider: text(200),
  eventId: count(),
  level: count(),
  recordId: count(),
  message: text(1500),
  data: list(z.object({ name: text(128), value: text(512) }), 40),
})

export const EventsAnswer = z.object({
  records: list(EventAnswer, 5000),
  marks: table(count()),
  cut: count(),
  /** Entries beyond those that are told whole, by kind. */
  tallies: list(
    z.object({ level: count(), eventId: count(), provider: word(256), count: count() }),
    200,
  ).default([]),
})

export const CrashesAnswer = z.object({
  records: list(EventAnswer, 100),
  dumps: list(
    z.object({ path: word(512), size: count(), header: word(12_000).pipe(z.base64().or(z.literal(''))) }),
    20,
  ),
})

export const ProfileAnswer = z.object({
  processors: count(),
  memoryMiB: count(),
  busType: count(),
  diskBytes: count(),
  cards: list(text(200), 32),
  firmware: count(),
  secureBoot: count(),
  tpm: text(64),
  hypervisor: z.boolean(),
  model: text(128),
})

export const NetworkAnswer = z.object({
  loopback: z.boolean(),
  interfaces: list(text(128), 64),
  detail: text(400),
})

export const LaunchAnswer = z.object({ ok: z.boolean(), milliseconds: count(), detail: text(400) })
export const FirstLogonAnswer = z.object({
  applies: z.boolean(),
  outcome: z.enum(['signed-in', 'failed', 'refused']),
  milliseconds: count(),
  detail: text(400),
  left: list(text(200), 8),
})
export const DoneAnswer = z.object({ ok: z.boolean(), detail: text(400) })
