/**
 * Reads the header of a Windows kernel crash dump (64-bit `PAGEDU64`, 32-bit `PAGEDUMP`) and, of small dumps, the drivers
 * that were loaded. Layout: 0vercl0k/kdmp-parser (structs with static asserts on offsets), rizin dmp_specs.h, volatility3
 * crash.json and crash64.json. No symbols are needed; nothing is executed.
 */
import { oneLine } from '../../../kit/text.ts'
import { filetimeToInstant, viewBytes, type ByteView } from './byte-view.ts'

export interface DumpDriver {
  /** File name alone, as `amdppm.sys`. */
  readonly name: string
  readonly base: bigint
  readonly size: number
  /** Link time stamp of the image, seconds since 1970. */
  readonly timeDateStamp: number
}

export interface KernelDump {
  readonly bits: 32 | 64
  /** Of the kernel binary: 19041 also on 19042 … 19045, which share binaries. */
  readonly build: number
  readonly machine: 'x86' | 'x64' | 'arm64' | 'unknown'
  readonly processors: number
  /** As written: `0x1000007E`. */
  readonly code: string
  /** Four values as `0xFFFFF8048B58334C`. */
  readonly parameters: readonly string[]
  readonly dumpType: number
  readonly crashedAt: number | undefined
  readonly uptimeSeconds: number | undefined
  /** Starts counted by the loader; only newer builds write it. */
  readonly bootId: number | undefined
  readonly productType: 'workstation' | 'domain-controller' | 'server' | undefined
  /** Empty unless it is a small (triage) dump. */
  readonly drivers: readonly DumpDriver[]
  /** Drivers unloaded before the crash; names cut to 12 characters by Windows. */
  readonly unloaded: readonly string[]
  /** The name that Windows itself blamed, when it wrote one. */
  readonly brokenDriver: string | undefined
  /** The stack copy of a small dump, word by word, the newest first; at most 4096. */
  readonly stack: readonly bigint[]
}

/** What a writer leaves in fields that it does not fill: the letters PAGE. */
const UNFILLED = 0x4547_4150
const HEADER64 = 0x2000
const HEADER32 = 0x1000
const TRIAGE = 4
const MAXIMUM_DRIVERS = 2048
const MAXIMUM_STACK_WORDS = 4096
const DRIVER_STRIDE = 0x90
const UNLOADED_STRIDE = 0x38

const MACHINES: Readonly<Record<number, KernelDump['machine']>> = {
  0x14c: 'x86',
  0x8664: 'x64',
  0xaa64: 'arm64',
}
const PRODUCT_TYPES: Readonly<Record<number, NonNullable<KernelDump['productType']>>> = {
  1: 'workstation',
  2: 'domain-controller',
  3: 'server',
}

/** The dump's facts; undefined when the bytes are no kernel dump or end inside its header. Never throws. */
export function parseKernelDump(data: Buffer): KernelDump | undefined {
  const view = viewBytes(data)
  const magic = data.subarray(0, 8).toString('latin1')
  if (magic === 'PAGEDU64' && view.length >= HEADER64) return parse64(view)
  if (magic === 'PAGEDUMP' && view.length >= HEADER32) return parse32(view)
  return undefined
}

/** `0x0000007E` of a bug check code. */
export function formatCode(code: number): string {
  return `0x${code.toString(16).toUpperCase().padStart(8, '0')}`
}

function parse64(view: ByteView): KernelDump {
  const dumpType = view.u32(0xf98) ?? 0
  return {
    bits: 64,
    ...commonFields(view, { machine: 0x30, processors: 0x34, code: 0x38 }),
    parameters: [0x40, 0x48, 0x50, 0x58].map((offset) => formatWord(view.u64(offset) ?? 0n, 16)),
    dumpType,
    crashedAt: filetimeToInstant(view.u64(0xfa8) ?? 0n),
    uptimeSeconds: uptime(view.u64(0x1030)),
    bootId: filled(view.u32(0x1054)),
    productType: PRODUCT_TYPES[view.u32(0x1040) ?? 0],
    ...(dumpType === TRIAGE ? triageFields(view) : NO_TRIAGE),
  }
}

function parse32(view: ByteView): KernelDump {
  return {
    bits: 32,
    ...commonFields(view, { machine: 0x20, processors: 0x24, code: 0x28 }),
    parameters: [0x2c, 0x30, 0x34, 0x38].map((offset) => formatWord(BigInt(view.u32(offset) ?? 0), 8)),
    dumpType: view.u32(0xf88) ?? 0,
    crashedAt: filetimeToInstant(view.u64(0xfc0) ?? 0n),
    uptimeSeconds: uptime(view.u64(0xfb8)),
    bootId: undefined,
    productType: PRODUCT_TYPES[view.u32(0xf94) ?? 0],
    ...NO_TRIAGE,
  }
}

function commonFields(
  view: ByteView,
  at: { readonly machine: number; readonly processors: number; readonly code: number },
): Pick<KernelDump, 'build' | 'machine' | 'processors' | 'code'> {
  return {
    build: view.u32(0x0c) ?? 0,
    machine: MACHINES[view.u32(at.machine) ?? 0] ?? 'unknown',
    processors: view.u32(at.processors) ?? 0,
    code: formatCode(view.u32(at.code) ?? 0),
  }
}

type TriageFields = Pick<KernelDump, 'drivers' | 'unloaded' | 'brokenDriver' | 'stack'>
const NO_TRIAGE: TriageFields = { drivers: [], unloaded: [], brokenDriver: undefined, stack: [] }

function triageFields(view: ByteView): TriageFields {
  const field = (offset: number): number => view.u32(HEADER64 + offset) ?? 0
  const broken = field(0x40)
  return {
    drivers: readDrivers(view, field(0x30), field(0x34)),
    unloaded: readUnloaded(view, field(0x18)),
    brokenDriver: broken === 0 || broken === UNFILLED ? undefined : readDumpString(view, broken),
    stack: readStack(view, field(0x28), field(0x2c)),
  }
}

function readDrivers(view: ByteView, offset: number, count: number): DumpDriver[] {
  const drivers: DumpDriver[] = []
  for (let index = 0; index < Math.min(count, MAXIMUM_DRIVERS); index += 1) {
    const entry = offset + index * DRIVER_STRIDE
    const nameOffset = view.u32(entry)
    const base = view.u64(entry + 0x38)
    const size = view.u32(entry + 0x48)
    if (nameOffset === undefined || base === undefined || size === undefined) break
    const name = readDumpString(view, nameOffset)
    if (name === undefined) continue
    drivers.push({ name, base, size, timeDateStamp: view.u32(entry + 0x88) ?? 0 })
  }
  return drivers
}

function readUnloaded(view: ByteView, offset: number): string[] {
  const count = offset === 0 ? 0 : (view.u32(offset) ?? 0)
  const names: string[] = []
  for (let index = 0; index < Math.min(count, 64); index += 1) {
    const entry = offset + 8 + index * UNLOADED_STRIDE
    const length = Math.min(view.u16(entry) ?? 0, 24)
    const name = view.utf16(entry + 0x10, Math.floor(length / 2))
    if (name === undefined) break
    names.push(oneLine(name, 64))
  }
  return names
}

/** A DUMP_STRING: a count of characters, then UTF-16LE. Paths are cut to their file name. */
function readDumpString(view: ByteView, offset: number): string | undefined {
  const characters = view.u32(offset)
  if (characters === undefined || characters === 0 || characters > 1024) return undefined
  const text = view.utf16(offset + 4, characters)
  return text === undefined ? undefined : oneLine(text.split(/[\\/]/).at(-1) ?? text, 128)
}

function readStack(view: ByteView, offset: number, size: number): bigint[] {
  const words: bigint[] = []
  for (let index = 0; index < Math.min(Math.floor(size / 8), MAXIMUM_STACK_WORDS); index += 1) {
    const word = view.u64(offset + index * 8)
    if (word === undefined) break
    words.push(word)
  }
  return words
}

function formatWord(word: bigint, digits: number): string {
  return `0x${word.toString(16).toUpperCase().padStart(digits, '0')}`
}

function filled(value: number | undefined): number | undefined {
  return value === UNFILLED ? undefined : value
}

function uptime(hundredNanoseconds: bigint | undefined): number | undefined {
  if (hundredNanoseconds === undefined) return undefined
  const seconds = Number(hundredNanoseconds) / 1e7
  return seconds < 3_155_760_000 ? seconds : undefined
}
