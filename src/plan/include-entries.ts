/**
 * `include` with the semantics of GitHub Actions: an entry whose axis values agree with at least one configuration
 * of the matrix adds its other keys to every such configuration and overwrites no axis value; an entry that agrees
 * with none becomes a cell of its own, which no later entry extends. (GitHub Docs, "Running variations of jobs in a
 * workflow", "Expanding or adding matrix configurations".) An entry that agrees is also sure to occur in the plan:
 * there it would have run, too.
 */
import type { Configuration, Matrix } from '../model/matrix.ts'
import type { MatrixModel } from './matrix-model.ts'

export interface IncludeEntries {
  /** Axis values that must occur together in some cell. */
  readonly required: readonly Configuration[]
  /** Cells of their own, exactly as written. */
  readonly added: readonly Configuration[]
  /** The planned configuration with the keys that entries add to it. */
  extend(configuration: Configuration): Configuration
}

/** Sorts the matrix' include entries into those that extend and those that add. */
export function includeEntries(matrix: Matrix, model: MatrixModel): IncludeEntries {
  const required: Configuration[] = []
  const added: Configuration[] = []
  const extensions: { readonly match: Configuration; readonly extra: Configuration }[] = []
  for (const entry of matrix.include ?? []) {
    const match = pick(entry, (key) => Object.hasOwn(matrix.axes, key))
    if (!occurs(match, model)) {
      added.push(entry)
      continue
    }
    if (Object.keys(match).length > 0) required.push(match)
    extensions.push({ match, extra: pick(entry, (key) => !Object.hasOwn(matrix.axes, key)) })
  }
  return {
    required,
    added,
    extend: (configuration) =>
      extensions.reduce<Configuration>(
        (extended, { match, extra }) => (agrees(configuration, match) ? { ...extended, ...extra } : extended),
        configuration,
      ),
  }
}

function occurs(match: Configuration, model: MatrixModel): boolean {
  const symbols = Object.entries(match).map(([axis, value]) => model.symbolOf(axis, value))
  return !symbols.includes(-1) && model.solver.extendable(symbols)
}

function agrees(configuration: Configuration, match: Configuration): boolean {
  return Object.entries(match).every(([axis, value]) => configuration[axis] === value)
}

function pick(entry: Configuration, wanted: (key: string) => boolean): Configuration {
  return Object.fromEntries(Object.entries(entry).filter(([key]) => wanted(key)))
}
