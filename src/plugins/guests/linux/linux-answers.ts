/** Reads the answers of a Linux guest into facts, checked and bounded. */
import { z } from 'zod'
import { oneLine } from '../../../kit/text.ts'
import type { BootFacts, CrashRecord, FileFact, ResourceFacts, ServiceFact } from '../../../sdk/guest-os.ts'
import { numberOf, unreadable, valueOf, valuesOf, type Answer } from './ask-guest.ts'
import { crashRecord } from './crash-log.ts'

const BootIdSchema = z.string().regex(/^[0-9a-f-]{36}$/)
const ModeSchema = z.enum(['normal', 'safe', 'recovery'])
const StateSchema = z.enum(['running', 'stopped', 'failed', 'starting'])
const SERVICE_NAME = /^[A-Za-z0-9][A-Za-z0-9 ._@$-]{0,127}$/

/** @throws AppError GUEST_PROBE */
export function bootFacts(answers: readonly Answer[]): BootFacts {
  return {
    bootId: checked('boot', BootIdSchema, valueOf('boot', answers, 'boot-id')),
    bootCount: Math.trunc(numberOf('boot', answers, 'boot-count')),
    uptimeSeconds: numberOf('boot', answers, 'uptime'),
    mode: checked('boot', ModeSchema, valueOf('boot', answers, 'mode')),
    finished: valueOf('boot', answers, 'finished') === 'yes',
    kernel: oneLine(valueOf('boot', answers, 'kernel'), 120),
    build: oneLine(valueOf('boot', answers, 'build'), 120),
    pendingRestart: valuesOf(answers, 'pending').map((name) => oneLine(name, 120)),
  }
}

/** Blocks of lines, each begun by a `service` line. @throws AppError GUEST_PROBE */
export function serviceFacts(answers: readonly Answer[]): readonly ServiceFact[] {
  return blocks(answers, 'service').flatMap(({ name, lines }) => {
    if (!SERVICE_NAME.test(name)) return []
    return [
      {
        name,
        state: checked('services', StateSchema, valueOf('services', lines, 'state')),
        wanted: valueOf('services', lines, 'wanted') !== 'no',
        restarts: Math.trunc(numberOf('services', lines, 'restarts')),
      },
    ]
  })
}

/** Module name → version and taint. */
export function driverFacts(
  answers: readonly Answer[],
): ReadonlyMap<string, Readonly<Record<string, string>>> {
  return new Map(
    answers.map(({ key, value }) => {
      const [version = '', taint = ''] = value.split('\t')
      return [key.slice(0, 128), { version: oneLine(version, 64), taint: oneLine(taint, 16) }]
    }),
  )
}

/** Hash and size of each path; a path with only one of the two changed under our hands and is left out. @throws AppError GUEST_PROBE */
export function fileFacts(answers: readonly Answer[]): {
  readonly files: ReadonlyMap<string, FileFact>
  readonly cut: number
} {
  const sizes = new Map<string, number>()
  const files = new Map<string, FileFact>()
  for (const { key, value } of answers) {
    const tab = value.indexOf('\t')
    const [fact, path] = [value.slice(0, tab), value.slice(tab + 1)]
    if (key === 'size' && /^\d{1,15}$/.test(fact)) sizes.set(path, Number(fact))
    const size = sizes.get(path)
    if (key === 'hash' && /^[0-9a-f]{64}$/.test(fact) && size !== undefined)
      files.set(path, { sha256: fact, size })
  }
  return { files, cut: Math.trunc(numberOf('files', answers, 'cut')) + sizes.size - files.size }
}

/** Processor time so far, in ticks: all of it and the idle part. */
export interface CpuTicks {
  readonly all: number
  readonly idle: number
}

/** The first line of /proc/stat: user, nice, system, idle, iowait, irq, softirq, steal (proc(5)). @throws AppError GUEST_PROBE */
export function cpuTicks(answers: readonly Answer[]): CpuTicks {
  const ticks = valueOf('resources', answers, 'cpu').split(/\s+/).slice(1, 9).map(Number)
  if (ticks.length < 5 || ticks.some((value) => !Number.isFinite(value)))
    throw unreadable('resources', 'the processor times are no numbers')
  return { all: ticks.reduce((sum, value) => sum + value, 0), idle: (ticks[3] ?? 0) + (ticks[4] ?? 0) }
}

/** @throws AppError GUEST_PROBE */
export function resourceFacts(answers: readonly Answer[], cpuBusy: number): ResourceFacts {
  const mebibytes = (key: string): number => numberOf('resources', answers, key) / 1024
  const total = mebibytes('memory.MemTotal')
  return {
    memoryUsedMiB: total - mebibytes('memory.MemAvailable'),
    memoryTotalMiB: total,
    kernelMemoryMiB: mebibytes('memory.SUnreclaim'),
    diskUsedMiB: mebibytes('disk.used'),
    diskTotalMiB: mebibytes('disk.total'),
    cpuBusy,
    processes: numberOf('resources', answers, 'processes'),
    handles: numberOf('resources', answers, 'handles'),
  }
}

/** Records that hold the text of a crash. */
export function crashFacts(answers: readonly Answer[]): readonly CrashRecord[] {
  return blocks(answers, 'record').flatMap(({ name, lines }) => {
    const [text] = valuesOf(lines, 'text')
    const record =
      text === undefined
        ? undefined
        : crashRecord(logName(name), Buffer.from(text, 'base64').toString('utf8'))
    return record === undefined ? [] : [record]
  })
}

function logName(record: string): string {
  return oneLine(record.replace(/\.record$/, '.log'), 64)
}

function blocks(
  answers: readonly Answer[],
  begin: string,
): readonly { readonly name: string; readonly lines: readonly Answer[] }[] {
  const found: { name: string; lines: Answer[] }[] = []
  for (const answer of answers) {
    if (answer.key === begin) found.push({ name: answer.value, lines: [] })
    else found.at(-1)?.lines.push(answer)
  }
  return found
}

function checked<T>(verb: string, schema: z.ZodType<T>, value: string): T {
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  throw unreadable(verb, `"${oneLine(value, 60)}" is no answer`)
}
