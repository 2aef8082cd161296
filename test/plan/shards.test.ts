/** Dividing a plan among runners: every cell once, what belongs together together, by time and not by count. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Plan, PlannedCell } from '../../src/model/plan.ts'
import { planOfCells } from '../../src/model/shard.ts'
import { divideCells, shardCells, shardSeconds } from '../../src/plan/shards.ts'
import { makeCell, makePlan } from '../stand-ins/simulated-lab.ts'

const cellSpecs = fc.array(
  fc.record({
    stage: fc.integer({ min: 0, max: 2 }),
    control: fc.integer({ min: 0, max: 30 }),
    image: fc.integer({ min: 0, max: 4 }),
    seconds: fc.integer({ min: 1, max: 4000 }),
  }),
  { maxLength: 60 },
)

/** One machine a control: what makes a control another one is mostly the machine. */
function planOf(specs: readonly { stage: number; control: number; image: number; seconds: number }[]): Plan {
  const cells = specs.map(({ stage, control, image, seconds }, index): PlannedCell => ({
    ...makeCell(index, `stage-${stage}`),
    controlKey: `control-${control}`,
    machine: { cpu: { count: 1 }, memoryMiB: 512 + control },
    image: `image-${image}`,
    expectedSeconds: seconds,
  }))
  const stages = [0, 1, 2].map((stage) => ({
    id: `stage-${stage}`,
    title: '',
    continueOnFailure: false,
    cells: cells.filter((cell) => cell.stage === `stage-${stage}`).map(({ id }) => id),
  }))
  return { ...makePlan({ stages: [] }), cells, stages }
}

const secondsOf = (plan: Plan, shards: readonly (readonly string[])[]): number[] =>
  shards.map((ids) => shardSeconds(plan.cells.filter(({ id }) => ids.includes(id))))

describe('the shards of a plan', () => {
  it('have every cell of the chosen stages exactly once, in the order of the plan', () => {
    fc.assert(
      fc.property(
        cellSpecs,
        fc.integer({ min: 1, max: 12 }),
        fc.option(fc.subarray(['stage-0', 'stage-1', 'stage-2'], { minLength: 1 }), { nil: undefined }),
        (specs, count, stages) => {
          const plan = planOf(specs)
          const chosen = stages === undefined ? {} : { stages }
          const shards = Array.from({ length: count }, (_, at) =>
            shardCells(plan, { index: at + 1, count, ...chosen }),
          )
          const wanted = plan.cells.filter(({ stage }) => stages?.includes(stage) ?? true).map(({ id }) => id)
          expect(shards.flat().toSorted()).toEqual(wanted.toSorted())
          for (const ids of shards) expect(ids).toEqual(wanted.filter((id) => ids.includes(id)))
          for (const [at, ids] of shards.entries()) {
            const part = planOfCells(plan, { index: at + 1, count, ...chosen }, ids)
            expect(part.cells.map(({ id }) => id)).toEqual(ids)
            expect(part.stages.flatMap(({ cells }) => cells).toSorted()).toEqual(ids.toSorted())
            expect(part.id).toBe(plan.id)
          }
        },
      ),
    )
  })

  it('never divide cells that share a control', () => {
    fc.assert(
      fc.property(cellSpecs, fc.integer({ min: 1, max: 12 }), (specs, count) => {
        const plan = planOf(specs)
        const shardOf = new Map(divideCells(plan, { count }).flatMap((ids, at) => ids.map((id) => [id, at])))
        for (const members of Map.groupBy(plan.cells, ({ controlKey }) => controlKey).values())
          expect(new Set(members.map(({ id }) => shardOf.get(id))).size).toBe(1)
      }),
    )
  })

  it('never divide cells that go on from one checkpoint, whatever their controls', () => {
    const [boots, restored] = [makeCell(0, 'stage-0'), makeCell(3, 'stage-0')]
    const plan = {
      ...makePlan({ stages: [] }),
      cells: [boots, { ...restored, start: { from: 'checkpoint' as const } }],
    }
    const stages = [
      { id: 'stage-0', title: '', continueOnFailure: false, cells: plan.cells.map(({ id }) => id) },
    ]
    const [first = [], second = []] = divideCells({ ...plan, stages }, { count: 2 })
    expect(Math.max(first.length, second.length)).toBe(2)
  })

  it('do not depend on the order in which the cells stand in the plan', () => {
    fc.assert(
      fc.property(cellSpecs, fc.integer({ min: 1, max: 12 }), (specs, count) => {
        const plan = planOf(specs)
        const sorted = (of: Plan): string[][] => divideCells(of, { count }).map((ids) => ids.toSorted())
        expect(sorted({ ...plan, cells: plan.cells.toReversed() })).toEqual(sorted(plan))
      }),
    )
  })

  it('are balanced: the longest takes at most 5 % more than 4/3 of what no division can beat', () => {
    fc.assert(
      fc.property(cellSpecs, fc.integer({ min: 1, max: 12 }), (specs, count) => {
        const plan = planOf(specs)
        const total = secondsOf(plan, divideCells(plan, { count: 1 }))[0] ?? 0
        const groups = [...Map.groupBy(plan.cells, ({ controlKey }) => controlKey).values()]
        const longest = Math.max(0, ...groups.map((members) => shardSeconds(members)))
        const most = Math.max(0, ...secondsOf(plan, divideCells(plan, { count })))
        // Graham's bound for the longest first: at most total/n + (1 − 1/n) of the last one placed, which is no longer than the longest.
        expect(most).toBeLessThanOrEqual(1.05 * (total / count + (1 - 1 / count) * longest) + 1e-6)
      }),
    )
  })

  it('are divided by time, not by count: one slow cell weighs as much as nine quick ones', () => {
    const plan = planOf(
      [900, ...Array.from({ length: 9 }, () => 100)].map((seconds, control) => ({
        stage: 0,
        control,
        image: 0,
        seconds,
      })),
    )
    expect(divideCells(plan, { count: 2 }).map((ids) => ids.length)).toEqual([1, 9])
  })

  it('keep the cells of an image on one runner where that costs nothing', () => {
    const plan = planOf(
      Array.from({ length: 12 }, (_, index) => ({
        stage: 0,
        control: index,
        image: index % 3,
        seconds: 100,
      })),
    )
    for (const ids of divideCells(plan, { count: 3 })) {
      expect(ids).toHaveLength(4)
      expect(new Set(plan.cells.filter(({ id }) => ids.includes(id)).map(({ image }) => image)).size).toBe(1)
    }
  })
})
