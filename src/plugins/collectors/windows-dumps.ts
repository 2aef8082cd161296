/** Saves Windows' crash dumps, from a guest that answers or from the disk of a guest that will not be used again. */
import { bounded } from '../../kit/text.ts'
import { AppError } from '../../model/errors.ts'
import type { Fact } from '../../model/observation.ts'
import type { Channel } from '../../sdk/channel.ts'
import type { Collector, CollectTarget, EvidenceSink } from '../../sdk/collector.ts'
import type { Context } from '../../sdk/context.ts'
import type { CrashRecord } from '../../sdk/guest-os.ts'
import type { Machine } from '../../sdk/provider.ts'
import { readDebuggerText } from './debugger-text.ts'
import { evidenceName } from './evidence-name.ts'

const FOLDERS = ['C:\\Windows\\Minidump', 'C:\\Windows\\LiveKernelReports']
const DUMP_BYTES = 64 * 1024 * 1024
const MOST = 5

export const windowsDumps: Collector = {
  id: 'windows-dumps',
  when: 'on-symptom',
  async collect(target, sink, ctx) {
    if (target.os.name !== 'windows') return []
    const { guest, machine, final } = target
    if (guest !== undefined) {
      await saveFromGuest(target, guest, sink, ctx)
      return []
    }
    return final && machine.offlineDisk !== undefined ? await readFromDisk(target, sink, ctx) : []
  },
}

/** Only files: what they say is read by the crash records of the guest itself. */
async function saveFromGuest(
  target: CollectTarget,
  guest: Channel,
  sink: EvidenceSink,
  ctx: Context,
): Promise<void> {
  const paths = (await target.os.crashes(guest, ctx)).flatMap(({ path }) =>
    path === undefined ? [] : [path],
  )
  for (const [index, path] of [...new Set(paths)].slice(0, MOST).entries()) {
    const local = `${target.scratch}/dump-${index}`
    try {
      await guest.pull(path, local, ctx, DUMP_BYTES)
      const name = evidenceName('dump', index, path)
      await sink.saveFile(name, 'application/octet-stream', local)
      await saveDebuggerText(name, local, sink, ctx)
    } catch (error) {
      if (!(error instanceof AppError && error.code.startsWith('GUEST_'))) throw error
    }
  }
}

async function readFromDisk(
  target: CollectTarget,
  sink: EvidenceSink,
  ctx: Context,
): Promise<readonly { readonly fact: Fact; readonly evidence: readonly string[] }[]> {
  const { machine, os, scratch } = target
  await machine.stop('power', ctx)
  const paths = await listDumps(machine, ctx)
  const found = (await machine.offlineDisk?.read(paths, scratch, ctx)) ?? new Map<string, string>()
  const known = new Set(target.knownCrashes)
  const facts: { fact: Fact; evidence: readonly string[] }[] = []
  for (const [index, [path, local]] of [...found].entries()) {
    const name = evidenceName('dump', index, path)
    const id = await sink.saveFile(name, 'application/octet-stream', local)
    const { crashes } = await os.readForensics(new Map([[path, local]]))
    const text = crashes.map((crash) => JSON.stringify(crash, undefined, 2)).join('\n')
    const note = await sink.save(`${name}.json`, 'application/json', Buffer.from(`${text}\n`))
    await saveDebuggerText(name, local, sink, ctx)
    for (const crash of crashes)
      if (!known.has(crash.title)) facts.push({ fact: toFact(crash), evidence: [id, note] })
  }
  return facts
}

async function saveDebuggerText(
  name: string,
  local: string,
  sink: EvidenceSink,
  ctx: Context,
): Promise<void> {
  const text = await readDebuggerText(local, ctx)
  if (text !== undefined) await sink.save(`${name}.txt`, 'text/plain', Buffer.from(`${text}\n`))
}

/** Dump names begin with the date as MMDDYY, so that names alone do not sort by age: all are looked at, few exist. */
async function listDumps(machine: Machine, ctx: Context): Promise<readonly string[]> {
  const paths: string[] = []
  for (const folder of FOLDERS) {
    const names = (await machine.offlineDisk?.list(folder, ctx)) ?? []
    paths.push(...names.filter((name) => /\.dmp$/i.test(name)).map((name) => `${folder}\\${name}`))
  }
  return paths.slice(-MOST)
}

function toFact(crash: CrashRecord): Fact {
  return {
    kind: 'crash',
    mechanism: crash.mechanism,
    title: bounded(crash.title, 360),
    ...(crash.code === undefined ? {} : { code: crash.code.slice(0, 32) }),
    ...(crash.parameters === undefined
      ? {}
      : { parameters: crash.parameters.slice(0, 4).map((value) => value.slice(0, 32)) }),
    ...(crash.module === undefined ? {} : { module: crash.module.slice(0, 128) }),
    ...(crash.explanation === undefined ? {} : { explanation: bounded(crash.explanation, 1900) }),
    // A dump does not say how far the start had got; the kernel ran, or the dump could not have been written.
    milestone: 'kernel',
    bootOrdinal: 1,
  }
}
