/** The hardware that the matrix asked for, as the guest itself shows it. A mismatch makes the attempt invalid, not red. */
import { bounded } from '../../../kit/text.ts'
import type { MachineProfile } from '../../../model/machine-profile.ts'
import type { Fact, FactOf } from '../../../model/observation.ts'
import type { Check } from '../../../sdk/check.ts'
import type { MeasuredProfile } from '../../../sdk/guest-os.ts'
import { blind, look } from '../shared/look.ts'

/** Every guest can show these; when one does not, the tested machine is unknown. */
const MUST_SHOW: ReadonlySet<string> = new Set(['cpu.count', 'memoryMiB', 'disk.bus', 'firmware'])

/**
 * What a guest reads as its processor's name for QEMU's models, as words of letters and digits in lower case
 * (QEMU target/i386/cpu.c, `model_id`). A model that is not here has no fact of its own; its features still have.
 */
const CPU_NAMES: Readonly<Record<string, string>> = {
  qemu64: 'qemu virtual cpu',
  qemu32: 'qemu virtual cpu',
  kvm64: 'common kvm processor',
  nehalem: 'nehalem',
  westmere: 'westmere',
  sandybridge: 'sandy bridge',
  ivybridge: 'ivy bridge',
  haswell: 'haswell',
  broadwell: 'broadwell',
  skylake: 'skylake',
  cascadelake: 'cascadelake',
  cooperlake: 'cooperlake',
  icelake: 'icelake',
  sapphirerapids: 'sapphirerapids',
  denverton: 'denverton',
  snowridge: 'snowridge',
  opteron_g: 'opteron',
  epyc: 'epyc',
}

export const profile: Check = {
  id: 'profile',
  title: 'the machine is what the matrix asked for',
  cannotSee:
    'properties that the guest does not show; only processor count, memory, disk bus and firmware must be shown',
  moments: ['baseline', 'after-restart'],
  os: ['linux', 'windows'],
  shows: ['profile-mismatch'],
  async run(target, ctx) {
    const looked = await look('profile', () => target.os.profile(target.guest, ctx))
    if (looked.blind !== undefined) return [looked.blind]
    return Object.entries(askedProperties(target.profile)).flatMap(([property, asked]) =>
      compare(property, asked, looked.value),
    )
  },
}

/** What was asked, in the words that a guest OS measures in: `cpu.count`, `cpu.feature.avx2`, `disk.bus`. */
function askedProperties(asked: MachineProfile): Readonly<Record<string, string>> {
  const features = (asked.cpu.features ?? []).map((feature) => [
    // QEMU writes sse4.1 or sse4-1 where a guest shows sse4_1.
    `cpu.feature.${feature.replace(/^[+-]/, '').replace(/[.-]/g, '_').toLowerCase()}`,
    feature.startsWith('-') ? 'no' : 'yes',
  ])
  const single: readonly (readonly [string, string | number | boolean | undefined])[] = [
    ['cpu.model', asked.cpu.model],
    ['cpu.count', asked.cpu.count],
    ['memoryMiB', asked.memoryMiB],
    ['disk.bus', asked.disk?.bus],
    ['firmware', asked.firmware],
    ['tpm', asked.tpm],
    ['network.model', asked.network?.model],
    ['numaNodes', asked.numaNodes],
    ['machineType', asked.machineType],
  ]
  const given = single.flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]]))
  return Object.fromEntries([...given, ...features]) as Record<string, string>
}

function compare(property: string, asked: string, measured: MeasuredProfile): readonly Fact[] {
  const seen = measured[property]
  if (seen === undefined) {
    return MUST_SHOW.has(property) ? [blind(`profile:${property}`, 'the guest does not show it')] : []
  }
  const matches = property === 'cpu.model' ? sameModel(asked, seen) : sameValue(property, asked, seen)
  if (matches === undefined) return []
  const fact: FactOf<'profile'> = {
    kind: 'profile',
    property: property.slice(0, 128),
    asked: bounded(asked, 200),
    measured: bounded(seen, 200),
    matches,
  }
  return [fact]
}

function sameValue(property: string, asked: string, seen: string): boolean {
  return property === 'memoryMiB' ? sameMemory(Number(asked), Number(seen)) : asked === seen
}

/** A system shows less than the machine has: firmware and kernel keep some for themselves, never a quarter of a real machine. */
function sameMemory(asked: number, seen: number): boolean {
  return seen <= asked * 1.02 && seen >= asked - Math.max(96, asked * 0.15)
}

/** undefined when the name of this model is not known. */
function sameModel(asked: string, seen: string): boolean | undefined {
  if (seen === asked) return true
  const model = asked.toLowerCase()
  const known = Object.entries(CPU_NAMES).find(([prefix]) => model.startsWith(prefix))?.[1]
  return known === undefined ? undefined : plain(seen).includes(known)
}

function plain(text: string): string {
  return text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, ' ')
    .trim()
}
