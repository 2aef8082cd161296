/** A plan is run on the bits that it was made for, or not at all. */
import { AppError } from '../model/errors.ts'
import type { Plan, PlannedCell } from '../model/plan.ts'
import { planCell, type CellProblem } from './plan-cell.ts'
import type { PlanInputs } from './plan-files.ts'
import { impossiblePlan, inputsOf } from './plan-matrix.ts'

/**
 * Matrix and candidate must be the planned ones, and so must be whatever the machines of these cells are made of; each cell is
 * made again from what is here and must be the same. The hosts of the lab may be others: a runner has its own.
 * @throws AppError PLAN_OTHER_INPUT, PLAN_OTHER_TOOL, PLAN_IMPOSSIBLE (user)
 */
export async function refuseOtherInputs(
  plan: Plan,
  cells: readonly PlannedCell[],
  room: PlanInputs,
  versions: { readonly plannedBy: string | undefined; readonly here: string },
): Promise<void> {
  refuseUnfinished(plan)
  const { file } = room.request.loaded
  const other = otherInput(plan, cells, room)
  if (other !== undefined)
    throw new AppError('PLAN_OTHER_INPUT', 'user', `${other} differs from what the plan was made for`, {
      where: { file },
      hint: 'use the files that were planned (line ends count), or plan again',
    })
  if (versions.plannedBy !== undefined && versions.plannedBy !== versions.here)
    throw otherTool(`ringzero ${versions.plannedBy} made the plan, and this is ${versions.here}`)
  const problems: CellProblem[] = []
  for (const cell of cells) {
    const made = await planCell(room.request, cell.stage, cell, problems)
    if (made !== undefined && (made.id !== cell.id || made.controlKey !== cell.controlKey))
      throw otherTool(
        `cell ${cell.id} would be tested otherwise here than it was planned: by other checks, settings, plugins or another version`,
      )
  }
  if (problems.length > 0) throw impossiblePlan(file, cells.length, problems)
}

function refuseUnfinished({ inputs }: Plan): void {
  for (const role of ['lab', 'candidate'] as const)
    if (!inputs.some((input) => input.role === role))
      throw new AppError('PLAN_UNFINISHED', 'user', `the plan was made without a ${role}`, {
        hint: 'make it by `ringzero plan MATRIX --lab FILE --candidate FOLDER --out FILE`',
      })
}

/** The first input that is another one here, as a person calls it. */
function otherInput(plan: Plan, cells: readonly PlannedCell[], room: PlanInputs): string | undefined {
  const images = new Set(cells.map(({ image }) => image))
  const products = new Set(cells.flatMap((cell) => cell.products))
  const here = new Map(inputsOf(room.request).map(({ role, name, sha256 }) => [`${role} ${name}`, sha256]))
  return plan.inputs
    .filter(
      ({ role, name }) =>
        role === 'matrix' ||
        role === 'candidate' ||
        (role === 'image' && images.has(name)) ||
        (role === 'product' && products.has(name)),
    )
    .map(({ role, name, sha256 }) => ({
      called: `the ${role} ${name}`,
      same: here.get(`${role} ${name}`) === sha256,
    }))
    .find(({ same }) => !same)?.called
}

function otherTool(message: string): AppError {
  return new AppError('PLAN_OTHER_TOOL', 'user', message, {
    hint: 'install the same version of ringzero and of its plugins on every runner, or plan again',
  })
}
