/** Large problems: 200 axes with constraints, a product that is never enumerated, 10,000 rows to be measured. */
import { performance } from 'node:perf_hooks'
import { seededRandom } from '../../../src/kit/random.ts'
import type { Matrix } from '../../../src/model/matrix.ts'
import { measureCoverage } from '../../../src/plan/coverage.ts'
import { buildCoveringArray } from '../../../src/plan/covering/build-covering-array.ts'
import { coveringModel } from '../../../src/plan/covering/covering-model.ts'
import { planConfigurations } from '../../../src/plan/plan-configurations.ts'
import { formatTable } from './format-table.ts'

const MEBIBYTE = 1_048_576

export async function benchLargeModels(): Promise<{
  name: string
  passed: boolean
  lines: readonly string[]
}> {
  const checks = [manyAxes(), hugeProduct(), manyRows()]
  const rows = checks.map(({ what, seconds, limit, memory, passed }) => [
    what,
    `${seconds.toFixed(2)} s`,
    `${limit} s`,
    `${memory.toFixed(0)} MiB`,
    passed ? 'ok' : 'MISSED',
  ])
  return {
    name: 'scale of the matrix engine',
    passed: checks.every(({ passed }) => passed),
    lines: formatTable([['what', 'time', 'limit', 'memory', ''], ...rows]),
  }
}

interface Measured {
  readonly what: string
  readonly seconds: number
  readonly limit: number
  readonly memory: number
  readonly passed: boolean
}

function timed(what: string, limit: number, work: () => boolean): Measured {
  const start = performance.now()
  const right = work()
  const seconds = (performance.now() - start) / 1000
  const memory = process.memoryUsage().rss / MEBIBYTE
  return { what, seconds, limit, memory, passed: right && seconds < limit && memory < 500 }
}

function manyAxes(): Measured {
  const random = seededRandom(1)
  const levels = Array.from({ length: 200 }, () => 4)
  const boxes = Array.from({ length: 50 }, (_, source) => {
    const first = Math.floor(random() * 199)
    const second = first + 1 + Math.floor(random() * (199 - first))
    const side = (axis: number) => ({ axis, symbols: [4 * axis + Math.floor(random() * 4)] })
    return { source, sides: [side(first), side(second)] }
  })
  const model = coveringModel(levels, boxes)
  const problem = {
    model,
    families: [{ axes: levels.map((_, axis) => axis), strength: 2 }],
    seeds: [],
    earlier: [],
    weights: new Float64Array(800),
  }
  return timed('200 axes of 4 values, t = 2, 50 constraints', 10, () => {
    const array = buildCoveringArray(problem, { seed: 1, effort: 2 })
    return array.families[0]!.left === 0 && array.rows.length < 60
  })
}

function hugeProduct(): Measured {
  const matrix: Matrix = {
    version: 1,
    id: 'product',
    axes: Object.fromEntries(
      Array.from({ length: 30 }, (_, axis) => [
        `a${axis}`,
        { values: Array.from({ length: 6 }, (__, value) => ({ id: `v${value}` })) },
      ]),
    ),
    constraints: Array.from({ length: 29 }, (_, axis) => ({
      rule: `IF [a${axis}] = "v0" THEN [a${axis + 1}] <> "v5";`,
    })),
  }
  return timed(
    '30 axes of 6 values (2 × 10²³ configurations), planned',
    10,
    () => planConfigurations(matrix, { seed: 1, effort: 2 }).coverage.strengths[1]!.share === 1,
  )
}

function manyRows(): Measured {
  const random = seededRandom(2)
  const ids = Array.from({ length: 30 }, (_, axis) => `a${axis}`)
  const matrix: Matrix = {
    version: 1,
    id: 'measured',
    axes: Object.fromEntries(
      ids.map((id) => [id, { values: ['x', 'y', 'z', 'w'].map((value) => ({ id: value })) }]),
    ),
  }
  const rows = Array.from({ length: 10_000 }, () =>
    Object.fromEntries(ids.map((id) => [id, ['x', 'y', 'z', 'w'][Math.floor(random() * 4)]!])),
  )
  return timed(
    'coverage of 10,000 rows × 30 axes, t = 1 … 3',
    5,
    () => measureCoverage(matrix, rows).strengths[2]!.feasible === 4060 * 64,
  )
}
