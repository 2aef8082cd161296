/**
 * Reads the disk of a machine that will not be used again: its logs, its crash records, its own count of starts, and
 * whether the candidate's files really stand there. Powers the machine off, so it comes last of all collectors.
 */
import { stat } from 'node:fs/promises'
import { sha256File } from '../../kit/hash.ts'
import { bounded, printable } from '../../kit/text.ts'
import type { FactOf } from '../../model/observation.ts'
import type { Collector, CollectTarget, EvidenceSink } from '../../sdk/collector.ts'
import type { CrashRecord, LogEntry } from '../../sdk/guest-os.ts'
import { evidenceName } from './evidence-name.ts'
import { logMediaType } from './log-media-type.ts'

const MOST_FILES = 100
const MOST_ENTRIES = 1000
const MOST_CRASHES = 10

export const offlineDisk: Collector = {
  id: 'offline-disk',
  when: 'on-symptom',
  async collect(target, sink, ctx) {
    const { machine, os, final, scratch } = target
    if (!final || machine.offlineDisk === undefined) return []
    await machine.stop('power', ctx)
    const wanted = [...new Set([...os.forensicPaths(), ...target.candidatePaths])]
    const found = await machine.offlineDisk.read(wanted, scratch, ctx)
    const candidate = new Set(target.candidatePaths)
    const logs = new Map([...found].filter(([path]) => !candidate.has(path)))
    const saved: string[] = []
    for (const [index, [path, local]] of [...logs].slice(0, MOST_FILES).entries()) {
      saved.push(await sink.saveFile(evidenceName('disk', index, path), logMediaType(path), local))
    }
    const read = await os.readForensics(logs)
    const summary = await saveSummary(target, found, read.bootCount, read.entries, sink)
    const known = new Set(target.knownCrashes)
    return read.crashes
      .filter((crash) => !known.has(crash.title))
      .slice(0, MOST_CRASHES)
      .map((crash) => ({ fact: toFact(crash), evidence: [summary, ...saved].slice(0, 20) }))
  },
}

/** What a person wants to know first of a dead disk, as JSON: no guest text decides its shape. */
async function saveSummary(
  target: CollectTarget,
  found: ReadonlyMap<string, string>,
  bootCount: number | undefined,
  entries: readonly LogEntry[],
  sink: EvidenceSink,
): Promise<string> {
  const candidateFiles = await Promise.all(
    target.candidatePaths.map(async (path) => {
      const local = found.get(path)
      if (local === undefined) return { path, state: 'absent' }
      return { path, state: 'present', sha256: await sha256File(local), size: (await stat(local)).size }
    }),
  )
  const summary = {
    schema: 'ringzero/offline-disk/1',
    bootCount: bootCount ?? null,
    candidateFiles,
    files: [...found.keys()].slice(0, 1000).map((path) => bounded(printable(path), 1024)),
    lastEntries: entries.slice(-MOST_ENTRIES),
    entriesCut: Math.max(0, entries.length - MOST_ENTRIES),
  }
  return sink.save(
    'offline-disk.json',
    'application/json',
    Buffer.from(`${JSON.stringify(summary, undefined, 2)}\n`),
  )
}

function toFact(crash: CrashRecord): FactOf<'crash'> {
  return {
    kind: 'crash',
    mechanism: crash.mechanism,
    title: bounded(crash.title, 360),
    ...(crash.code === undefined ? {} : { code: crash.code.slice(0, 32) }),
    ...(crash.parameters === undefined
      ? {}
      : { parameters: crash.parameters.slice(0, 4).map((parameter) => parameter.slice(0, 32)) }),
    ...(crash.module === undefined ? {} : { module: crash.module.slice(0, 128) }),
    ...(crash.explanation === undefined ? {} : { explanation: bounded(crash.explanation, 1900) }),
    // The record does not say how far the start had got.
    milestone: 'kernel',
    bootOrdinal: 1,
  }
}
