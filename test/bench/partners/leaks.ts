/**
 * Names planted into every field of 10,000 runs, 1,000 bundles that somebody changed, two partners who lay their bundles side by side,
 * and changes of the search itself, each of which its cases must show. RINGZERO_LEAK_PARTS=planted-1,tampered,joins,mutants does some
 * parts alone: planted-1 … planted-20 are five hundred runs each.
 */
import type { BenchResult } from '../orchestrator/bench-result.ts'
import { filesOf, plantedBundle, plantedIn, scanOf } from '../../stand-ins/planted-bundle.ts'
import { randomFrom } from '../../stand-ins/planted-run.ts'
import { ATTACKS, CELLS, moreThanChance, pairOf, rightGuesses } from '../../stand-ins/join-attack.ts'
import { misjudged, misjudgedZip, tamperer } from '../../stand-ins/tampered-bundle.ts'
import { mutants } from './mutants.ts'

const RUNS = 10_000
const SLICES = 20
const TAMPERED = 1000
const JOINED_RUNS = 200
/** Findings that are told. */
const SHOWN = 20

interface Part {
  readonly passed: boolean
  readonly lines: readonly string[]
}

const PARTS: Readonly<Record<string, () => Promise<Part>>> = {
  ...Object.fromEntries(
    Array.from({ length: SLICES }, (_, slice) => [
      `planted-${slice + 1}`,
      async () => await planted((slice * RUNS) / SLICES, RUNS / SLICES),
    ]),
  ),
  tampered,
  joins: async () => joins(),
  mutants,
}

/** @throws Error for a part that there is not */
export async function leaks(): Promise<BenchResult> {
  const asked = process.env['RINGZERO_LEAK_PARTS']?.split(',') ?? Object.keys(PARTS)
  const lines: string[] = []
  let passed = true
  for (const name of asked) {
    const part = PARTS[name]
    if (part === undefined) throw new Error(`no part is called ${name}: ${Object.keys(PARTS).join(', ')}`)
    const startedAt = performance.now()
    const result = await part()
    passed &&= result.passed
    const seconds = Math.round((performance.now() - startedAt) / 1000)
    lines.push(`${result.passed ? 'right' : 'WRONG'} ${name} (${seconds} s): ${result.lines.join('\n    ')}`)
  }
  return { name: 'no planted name comes out, and nobody changes anything unseen', passed, lines }
}

async function planted(from: number, count: number): Promise<Part> {
  const found: string[] = []
  let [names, bytes, shown] = [0, 0, 0]
  for (let seed = from; seed < from + count; seed += 1) {
    const bundle = plantedBundle(seed)
    const files = await filesOf(bundle)
    names += bundle.run.names.size
    for (const file of files.values()) bytes += file.length
    for (const { name, place, path } of await plantedIn(files, bundle.run.names))
      if (bundle.allowed.has(name)) shown += 1
      else found.push(`run ${seed}: ${name} of ${place} in ${path}`)
    const scan = await scanOf(bundle, seed)
    for (const leak of scan.found) found.push(`run ${seed}: the scan refuses ${leak}`)
    if (scan.foundPlanted.join() !== scan.planted)
      found.push(
        `run ${seed}: the scan finds ${scan.foundPlanted.join() || 'nothing'} where ${scan.planted} leaks`,
      )
  }
  const what = `${names} names in ${count} runs, ${Math.round(bytes / 1e6)} MB of bundles: ${found.length} findings, ${shown} times a name that may be seen; the scan found the one that was leaked in each, and nothing else`
  return { passed: found.length === 0 && shown > 0, lines: [what, ...found.slice(0, SHOWN)] }
}

async function tampered(): Promise<Part> {
  const { good, tamper } = await tamperer()
  const wrong: string[] = []
  for (let seed = 0; seed < TAMPERED; seed += 1) {
    const misjudgement = await misjudged(tamper(randomFrom(seed)))
    if (misjudgement !== undefined) wrong.push(misjudgement)
  }
  const zips: string[] = []
  for (let seed = 0; seed < TAMPERED; seed += 1) {
    const misjudgement = await misjudgedZip(good, randomFrom(seed))
    if (misjudgement !== undefined) zips.push(misjudgement)
  }
  const passed = wrong.length === 0 && zips.length === 0
  const what = `${TAMPERED - wrong.length} of ${TAMPERED} bundles found and each wrong file named; ${TAMPERED - zips.length} of ${TAMPERED} zips with a changed byte`
  return { passed, lines: [what, ...[...wrong, ...zips].slice(0, SHOWN)] }
}

function joins(): Part {
  const limit = moreThanChance(JOINED_RUNS)
  const right = new Map(ATTACKS.map((attack) => [attack, 0]))
  for (let seed = 1; seed <= JOINED_RUNS; seed += 1) {
    const pairs = { presence: pairOf(seed, 'presence'), pseudonym: pairOf(seed, 'pseudonym') }
    for (const attack of ATTACKS) {
      const [feature, others] = attack
      right.set(attack, (right.get(attack) ?? 0) + rightGuesses(pairs[others], feature))
    }
  }
  const lines = [...right].map(
    ([[feature, others], count]) => `${count} right by ${feature}, products of others by ${others}`,
  )
  const what = `${JOINED_RUNS * CELLS} guesses each, ${JOINED_RUNS} are right by chance, ${Math.floor(limit)} at the most`
  return { passed: [...right.values()].every((count) => count < limit), lines: [what, ...lines] }
}
