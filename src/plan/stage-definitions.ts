import type { Matrix } from '../model/matrix.ts'

/** A stage as the planner sees it: a few cells of the next array, an array of some strength, or everything. */
export interface ResolvedStage {
  readonly id: string
  readonly title: string
  readonly kind: 'smoke' | 'strength' | 'full'
  /** Smoke only: how many cells. */
  readonly cells: number
  /** Strength only. */
  readonly strength: number
  /** A few cells that run under observation for longer than the others. */
  readonly soaks: boolean
}

/** Cells of a smoke whose size the matrix does not say. */
const SMOKE_CELLS = 4

/** The stages of the matrix, or smoke and pairwise where it names none; `strength` replaces that of the deepest stage. */
export function stageDefinitions(matrix: Matrix, strength: number | undefined): ResolvedStage[] {
  const axes = Object.keys(matrix.axes).length
  const usual = Math.min(axes, matrix.strength ?? 2)
  const stages: ResolvedStage[] = (matrix.stages ?? defaultStages(strength ?? usual)).map((stage) => {
    const own = Math.min(axes, stage.strength ?? usual)
    const kind = stage.full === true ? 'full' : stage.cells === undefined ? 'strength' : 'smoke'
    return {
      id: stage.id,
      title: stage.title ?? titleOf(kind, own),
      kind,
      cells: stage.cells ?? 0,
      strength: own,
      soaks: kind === 'smoke' && stage.soakSeconds !== undefined,
    }
  })
  if (strength === undefined) return stages
  const deepest = Math.max(...stages.filter(({ kind }) => kind === 'strength').map((stage) => stage.strength))
  return stages.map((stage) =>
    stage.kind === 'strength' && stage.strength === deepest
      ? { ...stage, strength: Math.min(axes, strength) }
      : stage,
  )
}

function defaultStages(strength: number): NonNullable<Matrix['stages']> {
  const id = ['every-value', 'pairwise', 'three-way'][strength - 1] ?? `${strength}-way`
  return [
    { id: 'smoke', cells: SMOKE_CELLS },
    { id, strength },
  ]
}

function titleOf(kind: ResolvedStage['kind'], strength: number): string {
  if (kind === 'full') return 'every configuration that the constraints allow'
  if (kind === 'smoke') return 'the few cells that hold the most risk'
  return strength === 1 ? 'every value' : `every combination of ${strength} values`
}
