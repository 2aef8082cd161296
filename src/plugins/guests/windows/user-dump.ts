/** Reads which exception ended a process from a user-mode minidump (`MDMP`; layout: Microsoft minidumpapiset.h). */
import { oneLine } from '../../../kit/text.ts'
import { viewBytes, type ByteView } from './byte-view.ts'

export interface UserDump {
  readonly build: number | undefined
  /** As `0xC0000005`; undefined for a dump that was taken without an exception. */
  readonly exceptionCode: string | undefined
  /** File name of the module at fault. */
  readonly module: string | undefined
  /** The program: first module of the list. */
  readonly program: string | undefined
}

const MODULE_LIST = 4
const EXCEPTION = 6
const SYSTEM_INFO = 7
const MODULE_STRIDE = 108

/** The dump's facts; undefined when the bytes are no minidump. Never throws. */
export function parseUserDump(data: Buffer): UserDump | undefined {
  if (data.subarray(0, 4).toString('latin1') !== 'MDMP') return undefined
  const view = viewBytes(data)
  const streams = readDirectory(view)
  const exception = streams.get(EXCEPTION)
  const code = exception === undefined ? undefined : view.u32(exception + 8)
  const address = exception === undefined ? undefined : view.u64(exception + 24)
  const system = streams.get(SYSTEM_INFO)
  const modules = readModules(view, streams.get(MODULE_LIST))
  return {
    build: system === undefined ? undefined : view.u32(system + 16),
    exceptionCode: code === undefined ? undefined : `0x${code.toString(16).toUpperCase().padStart(8, '0')}`,
    module: modules.find(
      (entry) => address !== undefined && address >= entry.base && address < entry.base + BigInt(entry.size),
    )?.name,
    program: modules[0]?.name,
  }
}

function readDirectory(view: ByteView): Map<number, number> {
  const count = Math.min(view.u32(8) ?? 0, 128)
  const start = view.u32(12) ?? 0
  const streams = new Map<number, number>()
  for (let index = 0; index < count; index += 1) {
    const type = view.u32(start + index * 12)
    const offset = view.u32(start + index * 12 + 8)
    if (type === undefined || offset === undefined) break
    if (!streams.has(type)) streams.set(type, offset)
  }
  return streams
}

function readModules(
  view: ByteView,
  offset: number | undefined,
): { name: string; base: bigint; size: number }[] {
  const modules: { name: string; base: bigint; size: number }[] = []
  if (offset === undefined) return modules
  const count = Math.min(view.u32(offset) ?? 0, 4096)
  for (let index = 0; index < count; index += 1) {
    const entry = offset + 4 + index * MODULE_STRIDE
    const base = view.u64(entry)
    const size = view.u32(entry + 8)
    const nameOffset = view.u32(entry + 20)
    if (base === undefined || size === undefined || nameOffset === undefined) break
    const name = view.utf16(nameOffset + 4, Math.min(Math.floor((view.u32(nameOffset) ?? 0) / 2), 1024))
    modules.push({ name: oneLine(name?.split(/[\\/]/).at(-1) ?? '', 128), base, size })
  }
  return modules
}
