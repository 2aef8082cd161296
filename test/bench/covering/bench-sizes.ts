/** Sizes and times on every reference model, checked by the independent checker that lies beside the models. */
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { buildCoveringArray } from '../../../src/plan/covering/build-covering-array.ts'
import type { CoveringArray } from '../../../src/plan/covering/build-covering-array.ts'
import { formatTable } from './format-table.ts'
import {
  cpuSeconds,
  referenceFolder,
  referenceModel,
  referenceNames,
  referenceProblem,
  referenceResults,
} from './reference-models.ts'
import type { ReferenceModel, ReferenceResult } from './reference-models.ts'

interface CheckResult {
  readonly allRowsValid: boolean
  readonly missing: number
  readonly lowerBound: number
}
interface CheckerModule {
  readonly Checker: new (model: ReferenceModel) => {
    check(rows: readonly (readonly string[])[], t: number): CheckResult
  }
}

interface Measured {
  readonly name: string
  readonly rows: number
  readonly array: CoveringArray
  readonly seconds: number
  readonly effort: number
  readonly correct: boolean
  readonly result: ReferenceResult | undefined
}

/** Sizes at strength 2 (2 s of effort, 10 s above 90 axes). */
export async function benchPairSizes(
  only?: readonly string[],
): Promise<{ name: string; passed: boolean; lines: readonly string[] }> {
  return benchSizes(2, (axes) => (axes > 90 ? 10 : 2), only)
}

/** Sizes at strength 3 (20 s of effort). */
export async function benchTripleSizes(
  only?: readonly string[],
): Promise<{ name: string; passed: boolean; lines: readonly string[] }> {
  return benchSizes(3, () => 20, only)
}

async function benchSizes(
  strength: 2 | 3,
  effortFor: (axes: number) => number,
  only: readonly string[] | undefined,
) {
  const name = `covering arrays, t = ${strength}: sizes against PICT, the best known and the lower bound`
  const folder = referenceFolder()
  if (folder === undefined)
    return { name, passed: false, lines: ['skipped: RINGZERO_REFERENCE_DATA is not set'] }
  const checker = (await import(pathToFileURL(join(folder, 'verify.mjs')).href)) as CheckerModule
  const results = referenceResults(folder)
  const measured: Measured[] = []
  for (const model of only ?? referenceNames(folder)) {
    const reference = referenceModel(folder, model)
    const axes = reference.parameters.length
    const result = results.find((entry) => entry.model === model && entry.t === strength)
    measured.push(measure(reference, strength, effortFor(axes), checker, result))
  }
  return {
    name,
    passed: judge(measured, strength),
    lines: [...formatTable(tableOf(measured)), ...summary(measured, strength)],
  }
}

function measure(
  reference: ReferenceModel,
  strength: number,
  effort: number,
  checker: CheckerModule,
  result: ReferenceResult | undefined,
): Measured {
  const problem = referenceProblem(reference, strength)
  const { offsets } = problem.model
  let array: CoveringArray | undefined
  const seconds = cpuSeconds(() => {
    array = buildCoveringArray(problem, { seed: 1, effort })
  })
  if (array === undefined) throw new Error('no array was built')
  const rows = array.rows.map((row) =>
    [...row].map((symbol, axis) => String(reference.parameters[axis]!.values[symbol - offsets[axis]!])),
  )
  const check = new checker.Checker(reference).check(rows, strength)
  const correct = check.allRowsValid && check.missing === 0 && check.lowerBound <= array.lowerBound
  return { name: reference.name, rows: rows.length, array, seconds, effort, correct, result }
}

function tableOf(measured: readonly Measured[]): string[][] {
  const rows = measured.map(({ name, rows: count, array, seconds, effort, correct, result }) => [
    name,
    String(count),
    String(array.lowerBound),
    count === array.lowerBound ? 'proved minimal' : '',
    String(bestKnown(result) ?? '-'),
    String(result?.pict?.best ?? '-'),
    `${seconds.toFixed(1)} s`,
    `${effort} s`,
    correct ? 'complete and valid' : 'WRONG',
  ])
  return [
    ['model', 'rows', 'bound', '', 'best known', 'PICT best', 'CPU', 'effort', 'independent check'],
    ...rows,
  ]
}

function summary(measured: readonly Measured[], strength: 2 | 3): string[] {
  const compared = measured.filter(({ result }) => typeof result?.pict?.best === 'number')
  const larger = compared.filter(({ rows, result }) => rows > result!.pict!.best!).map(({ name }) => name)
  const fewer = compared.filter(({ rows, result }) => rows < result!.pict!.best!).length
  const far = measured.filter((one) => !isNearBest(one, strength)).map(({ name }) => name)
  return [
    `larger than PICT's best: ${larger.length === 0 ? 'none' : larger.join(', ')}`,
    `fewer rows than PICT's best on ${fewer} of ${compared.length} models`,
    `further from the best known than asked: ${far.length === 0 ? 'none' : far.join(', ')}`,
  ]
}

function judge(measured: readonly Measured[], strength: 2 | 3): boolean {
  const compared = measured.filter(({ result }) => typeof result?.pict?.best === 'number')
  const fewer = compared.filter(({ rows, result }) => rows < result!.pict!.best!).length
  return (
    measured.every(({ correct }) => correct) &&
    compared.every(({ rows, result }) => rows <= result!.pict!.best!) &&
    fewer >= 0.8 * compared.length &&
    measured.every((one) => isNearBest(one, strength))
  )
}

/** t = 2: the bound on windows-*, best + 10 % on cit-*, best + 5 % elsewhere; t = 3: best + 8 % up to 20 axes. */
function isNearBest({ name, rows, array, result }: Measured, strength: 2 | 3): boolean {
  if (strength === 2 && name.startsWith('windows-')) return rows === array.lowerBound
  const best = bestKnown(result)
  if (best === undefined) return true
  if (strength === 3) return array.families[0]!.index.axes.length > 20 || rows <= 1.08 * best
  return rows <= (name.startsWith('cit-') ? 1.1 : 1.05) * best
}

function bestKnown(result: ReferenceResult | undefined): number | undefined {
  const best = result?.bestKnown
  return typeof best === 'number' ? best : best?.rows
}
