/** How soon a complete array that is not larger than PICT's default is there, as a ratio to PICT's own time. */
import { buildCoveringArray } from '../../../src/plan/covering/build-covering-array.ts'
import { formatTable } from './format-table.ts'
import {
  cpuSeconds,
  referenceFolder,
  referenceModel,
  referenceProblem,
  referenceResults,
} from './reference-models.ts'
import type { ReferenceResult } from './reference-models.ts'

/** Effort after which a size that was not met counts as never met. */
const PATIENCE = 20
/** Up to this many seconds nobody compares. */
const NOTICEABLE = 1

interface Measured {
  readonly cells: readonly string[]
  readonly met: boolean
}

export async function benchFirstArrays(): Promise<{
  name: string
  passed: boolean
  lines: readonly string[]
}> {
  const name =
    "CPU time to a complete array not larger than PICT's default (PICT's times were measured elsewhere, by the clock)"
  const folder = referenceFolder()
  if (folder === undefined)
    return { name, passed: false, lines: ['skipped: RINGZERO_REFERENCE_DATA is not set'] }
  const measured = referenceResults(folder)
    .filter(({ t, pict }) => (t === 2 || t === 3) && typeof pict?.default === 'number')
    .map((result) => measure(folder, result))
  const heading = ['model', 't', 'rows', 'PICT rows', 'CPU', 'PICT time', 'ratio', '']
  const late = measured.filter(({ met }) => !met).length
  return {
    name,
    passed: late === 0,
    lines: [
      ...formatTable([heading, ...measured.map(({ cells }) => [...cells])]),
      `at most max(1 s, PICT's own time): ${measured.length - late} of ${measured.length}`,
    ],
  }
}

function measure(folder: string, { model, t, pict }: ReferenceResult): Measured {
  const problem = referenceProblem(referenceModel(folder, model), t)
  const target = pict?.default ?? 0
  let rows = Number.POSITIVE_INFINITY
  const seconds = cpuSeconds(() => {
    rows = buildCoveringArray(problem, { seed: 1, effort: PATIENCE, target }).rows.length
  })
  const pictSeconds = (pict?.ms ?? 0) / 1000
  const met = rows <= target && seconds <= Math.max(NOTICEABLE, pictSeconds)
  const cells = [
    model,
    String(t),
    String(rows),
    String(target),
    `${seconds.toFixed(2)} s`,
    `${pictSeconds.toFixed(2)} s`,
    (seconds / pictSeconds).toFixed(2),
    met ? 'ok' : rows <= target ? 'LATE' : 'LARGER',
  ]
  return { cells, met }
}
