/** Finds what is wrong with a matrix beyond its schema: names that do not exist, and constraints that contradict each other. */
import { isIsolationStage } from '../model/isolation-stage.ts'
import type { Matrix } from '../model/matrix.ts'
import { conflictingSources } from './conflict.ts'
import type { ConstraintSource } from './constraints/compile-constraints.ts'
import { spellingHint } from './constraints/vocabulary.ts'
import { matrixModel } from './matrix-model.ts'
import type { MatrixModel } from './matrix-model.ts'
import type { MatrixProblem } from '../model/matrix-problem.ts'

type Path = readonly (string | number)[]
type Report = (problem: MatrixProblem) => void

/** All problems of the matrix; an empty list means that it can be planned. */
export function checkMatrix(matrix: Matrix): readonly MatrixProblem[] {
  const clashes = duplicates(matrix)
  return clashes.length > 0 ? clashes : checkModel(matrix, matrixModel(matrix))
}

/** `checkMatrix` for a matrix that was built into a model already. */
export function checkModel(matrix: Matrix, model: MatrixModel): readonly MatrixProblem[] {
  const problems: MatrixProblem[] = [...duplicates(matrix), ...model.problems]
  const report: Report = (problem) => problems.push(problem)
  checkStrengths(matrix, report)
  matrix.seeds?.forEach((seed, at) => checkNames(seed, model, ['seeds', at], report))
  matrix.include?.forEach((entry, at) => checkInclude(entry, matrix, model, ['include', at], report))
  if (problems.length > 0) return problems
  if (!model.solver.satisfiable) {
    const sources = conflictingSources(model, [])
    report({
      path: sources[0]?.path ?? ['constraints'],
      message: 'these constraints contradict each other: no configuration is left',
      hint: namesOf(sources),
      because: sources.map((source) => source.path),
    })
    return problems
  }
  checkValues(model, report)
  matrix.seeds?.forEach((seed, at) => checkSeed(seed, model, ['seeds', at], report))
  return problems
}

function duplicates(matrix: Matrix): MatrixProblem[] {
  const problems: MatrixProblem[] = []
  const axes = Object.keys(matrix.axes)
  if (axes.length === 0)
    problems.push({
      path: ['axes'],
      message: 'the matrix has no axes',
      hint: 'add at least one axis with one value',
    })
  for (const [id, axis] of Object.entries(matrix.axes)) {
    const met = new Set<string>()
    axis.values.forEach((value, at) => {
      if (met.has(value.id))
        problems.push({
          path: ['axes', id, 'values', at, 'id'],
          message: `axis "${id}" has two values "${value.id}"`,
          hint: 'rename or remove one',
        })
      met.add(value.id)
    })
  }
  const stages = new Set<string>()
  matrix.stages?.forEach((stage, at) => {
    if (stages.has(stage.id))
      problems.push({
        path: ['stages', at, 'id'],
        message: `there are two stages "${stage.id}"`,
        hint: 'rename one',
      })
    if (isIsolationStage(stage.id))
      problems.push({
        path: ['stages', at, 'id'],
        message: `a stage cannot be called "${stage.id}": cells that a run adds to tell suspects apart are`,
        hint: 'rename it',
      })
    stages.add(stage.id)
  })
  return problems
}

function checkStrengths(matrix: Matrix, report: Report): void {
  const axes = Object.keys(matrix.axes)
  const check = (strength: number | undefined, count: number, path: Path): void => {
    if (strength === undefined || strength <= count) return
    report({
      path,
      message: `strength ${strength} needs ${strength} axes, here are ${count}`,
      hint: `use ${count} or less`,
    })
  }
  check(matrix.strength, axes.length, ['strength'])
  matrix.stages?.forEach((stage, at) => check(stage.strength, axes.length, ['stages', at, 'strength']))
  matrix.groups?.forEach((group, at) => {
    check(group.strength, group.axes.length, ['groups', at, 'strength'])
    group.axes.forEach((id, place) => {
      const path = ['groups', at, 'axes', place]
      if (!axes.includes(id))
        report({ path, message: `there is no axis "${id}"`, hint: spellingHint(id, axes) })
      else if (group.axes.indexOf(id) !== place)
        report({ path, message: `axis "${id}" is in the group twice`, hint: 'remove one' })
    })
  })
}

function checkNames(
  entry: Readonly<Record<string, string>>,
  model: MatrixModel,
  path: Path,
  report: Report,
): void {
  for (const [name, id] of Object.entries(entry)) {
    const axis = model.vocabulary.find((candidate) => candidate.id === name)
    const here = [...path, name]
    if (axis === undefined) {
      report({
        path: here,
        message: `there is no axis "${name}"`,
        hint: spellingHint(
          name,
          model.vocabulary.map((candidate) => candidate.id),
        ),
      })
    } else if (!axis.values.some((value) => value.id === id)) {
      report({
        path: here,
        message: `axis "${name}" has no value "${id}"`,
        hint: spellingHint(
          id,
          axis.values.map((value) => value.id),
        ),
      })
    }
  }
}

/** An entry may bring keys that are no axes, but a key that looks like a misspelt axis is taken for that. */
function checkInclude(
  entry: Readonly<Record<string, string>>,
  matrix: Matrix,
  model: MatrixModel,
  path: Path,
  report: Report,
): void {
  const suspicious = Object.entries(entry).filter(
    ([name]) =>
      Object.hasOwn(matrix.axes, name) ||
      spellingHint(name, Object.keys(matrix.axes)).startsWith('did you mean'),
  )
  checkNames(Object.fromEntries(suspicious), model, path, report)
}

/** Every value must occur in some valid configuration, unless one constraint or exclusion alone says that it never does. */
function checkValues(model: MatrixModel, report: Report): void {
  model.vocabulary.forEach((axis, at) => {
    axis.values.forEach((value, place) => {
      const symbol = model.model.offsets[at]! + place
      if (model.solver.extendable([symbol])) return
      const sources = conflictingSources(model, [symbol])
      if (sources.length === 1 && isPlainBan(model, symbol)) return
      report({
        path: ['axes', axis.id, 'values', place],
        message: `no valid configuration has ${axis.id} = ${value.id}: the constraints leave it none`,
        hint: namesOf(sources),
        because: sources.map((source) => source.path),
      })
    })
  })
}

function isPlainBan(model: MatrixModel, symbol: number): boolean {
  return model.model.boxes.some((box) => box.sides.length === 1 && box.sides[0]!.symbols.includes(symbol))
}

function checkSeed(
  seed: Readonly<Record<string, string>>,
  model: MatrixModel,
  path: Path,
  report: Report,
): void {
  const symbols = Object.entries(seed).map(([axis, value]) => model.symbolOf(axis, value))
  if (model.solver.extendable(symbols)) return
  const sources = conflictingSources(model, symbols)
  report({
    path,
    message: 'this seed breaks the constraints',
    hint: namesOf(sources),
    because: sources.map((source) => source.path),
  })
}

function namesOf(sources: readonly ConstraintSource[]): string {
  const names = sources.map(
    ({ path, text }) =>
      `${path.reduce<string>((name, key) => (typeof key === 'number' ? `${name}[${key}]` : key), '')}: ${text}`,
  )
  return `change one of ${names.join(' | ')}`
}
