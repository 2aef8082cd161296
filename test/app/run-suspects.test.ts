/** Two culprits that break machines in two ways are told apart by what they do, without a further cell. */
import { describe, expect, it } from 'vitest'
import { suspectsOf } from '../../src/app/run-suspects.ts'
import type { JudgedConfiguration } from '../../src/judge/suspects/failure-groups.ts'
import { failureGroups } from '../../src/judge/suspects/failure-groups.ts'
import { leadingSuspects, suspectOf, suspectsOfCell } from '../../src/model/leading-suspects.ts'
import type { Matrix } from '../../src/model/matrix.ts'
import type { Symptom, SymptomClass } from '../../src/model/symptom.ts'
import type { Verdict } from '../../src/model/verdict.ts'
import { makeCell } from '../stand-ins/simulated-lab.ts'

type Values = Readonly<Record<string, string>>

const symptom = (kind: SymptomClass, signature: string): Symptom => ({
  class: kind,
  severity: 'fail',
  summary: `${kind} was seen`,
  seen: '',
  expected: '',
  phase: 'restart',
  signature,
  evidence: [],
  source: 'host',
})
const LOOP = symptom('boot-loop', 'boot-loop|panic|||kernel')
const LATER_LOOP = symptom('boot-loop', 'boot-loop|panic|||agent')
const PANIC = symptom('panic', 'panic|oops||driver|')
const SERVICE = symptom('service-degraded', 'service-degraded|sensor|||')

/** A cell with these failures; a machine that loops never comes to its rollback. */
function cellOf(configuration: Values, symptoms: readonly Symptom[], index: number): JudgedConfiguration {
  const planned = { ...makeCell(index, 'pairs'), configuration: { ...configuration } }
  const dead = symptoms.some(({ class: kind }) => kind === 'boot-loop')
  const phase = (name: string) => ({ phase: name, startedAt: 0, end: 'done' })
  const verdict: Verdict = {
    cell: planned.id,
    outcome: symptoms.length === 0 ? 'pass' : 'fail',
    blame: symptoms.length === 0 ? 'none' : 'candidate',
    because: '',
    symptoms: [...symptoms],
    preExisting: [],
    failing: symptoms.length === 0 ? 0 : 1,
    valid: 1,
    rateLow: 0,
    rateHigh: 1,
    control: { failing: 0, valid: 1, cached: false, attempts: [] },
    attempts: [
      {
        arm: 'candidate',
        attempt: 1,
        end: 'completed',
        startedAt: 0,
        symptoms: symptoms.map(({ signature }) => signature),
        phases: dead ? [phase('install'), phase('recover')] : [phase('install'), phase('rollback')],
      },
    ],
    checksRun: [],
    blind: [],
  }
  return { planned, verdict }
}

const AXES = ['a', 'b', 'c']
const MATRIX = {
  version: 1,
  id: 'm',
  axes: Object.fromEntries(AXES.map((axis) => [axis, { values: ['x', 'y', 'z'].map((id) => ({ id })) }])),
} as unknown as Matrix

/** An orthogonal plan of nine cells over three axes of three values. */
const PLAN: readonly Values[] = [0, 1, 2].flatMap((a) =>
  [0, 1, 2].map((b) => ({ a: 'xyz'[a]!, b: 'xyz'[b]!, c: 'xyz'[(a + b) % 3]! })),
)
const run = (failuresOf: (values: Values) => readonly Symptom[]): readonly JudgedConfiguration[] =>
  PLAN.map((values, index) => cellOf(values, failuresOf(values), index))

describe('two culprits with two failures', () => {
  const cells = run(({ a, b }) => [
    ...(a === 'x' ? [LOOP, PANIC] : []),
    ...(a !== 'x' && b === 'y' ? [SERVICE] : []),
  ])
  const suspects = suspectsOf(MATRIX, cells)
  const leading = leadingSuspects(suspects)

  it('are two suspects, each of its own failure', () => {
    expect(leading.map(({ values, failure }) => [values, failure])).toEqual([
      [{ a: 'x' }, 'boot-loop: boot-loop was seen'],
      [{ b: 'y' }, 'service-degraded: service-degraded was seen'],
    ])
    expect(leading.every(({ support }) => support !== 'possible')).toBe(true)
    expect(leading.map(({ explains, failing }) => [explains, failing])).toEqual([
      [3, 3],
      [2, 2],
    ])
  })

  it('are found by the signature of the failure, and told with the cells that have it', () => {
    expect(suspectOf(leading, SERVICE.signature)?.values).toEqual({ b: 'y' })
    const looping = cells.find(
      ({ planned }) => planned.configuration['a'] === 'x' && planned.configuration['b'] === 'y',
    )
    expect(suspectsOfCell(leading, looping!).map(({ values }) => values)).toEqual([{ a: 'x' }])
  })
})

describe('the failures of a run', () => {
  it('are one where the same cells show them: a loop and the panic behind it', () => {
    const groups = failureGroups(run(({ a }) => (a === 'x' ? [LOOP, PANIC] : [])))
    expect(groups).toHaveLength(1)
    expect(groups[0]?.observed.filter((cell) => cell.failures > 0)).toHaveLength(3)
  })

  it('are one however far a start came', () => {
    const groups = failureGroups(run(({ a, b }) => (a === 'x' ? [b === 'x' ? LOOP : LATER_LOOP] : [])))
    expect(groups.map(({ signatures }) => signatures)).toEqual([[LOOP.signature, LATER_LOOP.signature]])
  })

  it('are explained as one where one value explains them all, whatever they look like', () => {
    const suspects = suspectsOf(
      MATRIX,
      run(({ a, b }) => (a === 'x' ? [symptom('service-degraded', `service-degraded|product-${b}|||`)] : [])),
    )
    expect(suspects[0]).toMatchObject({ values: { a: 'x' }, explains: 3, failing: 3 })
    expect(suspects[0]?.signatures).toHaveLength(3)
  })

  it('that hide others say nothing of these; those that let a machine go on do', () => {
    const cells = run(({ a, b }) => (a === 'x' ? [LOOP] : b === 'y' ? [SERVICE] : []))
    const [loop, service] = failureGroups(cells)
    // The cells that degrade a service came to their end without a loop; those that loop never got to the service.
    expect(loop?.observed).toHaveLength(9)
    expect(service?.observed).toHaveLength(6)
  })
})
