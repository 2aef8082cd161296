/** Reads model files of Microsoft PICT as they are (microsoft/pict, doc/pict.md) into a matrix. */
import type { Matrix } from '../../model/matrix.ts'
import { parseRules } from '../constraints/parse-rules.ts'
import { printRule } from '../constraints/print-rule.ts'
import type { Rule, RuleProblem } from '../constraints/rule.ts'
import { pictAxes } from './pict-axes.ts'
import { splitSections } from './pict-sections.ts'
import { rewriteRule } from './rewrite-rule.ts'

/** The matrix, or what keeps the file from being one; lines and columns are those of the file. */
export interface PictModel {
  readonly matrix?: Matrix
  readonly problems: readonly RuleProblem[]
  /** What PICT, too, only warns of: the model is read without it. */
  readonly warnings: readonly RuleProblem[]
}

/**
 * Reads parameters with reused definitions, aliases (`|`), negative values (`~`) and weights (`(10)`), sub-models
 * (as groups with their own strength) and constraints. Names that a matrix cannot have become similar ones, with the
 * original as title; constraints then compare the attribute `name`, which holds the original.
 */
export function readPictModel(text: string, id: string): PictModel {
  const sections = splitSections(text)
  const { axes, problems } = pictAxes(sections.parameters)
  if (problems.length > 0) return { problems, warnings: [] }
  const parsed =
    sections.constraints.trim() === '' ? { rules: [] as Rule[] } : parseRules(sections.constraints)
  if (parsed.problem !== undefined) return { problems: [parsed.problem], warnings: [] }
  const warnings: RuleProblem[] = []
  const rules = (parsed.rules ?? []).flatMap((rule) => {
    const rewritten = rewriteRule(rule, axes, (warning) => warnings.push(warning))
    return rewritten === undefined ? [] : [{ rule: printRule(rewritten) }]
  })
  const groups = sections.subModels.flatMap(({ names, order, line }) => {
    const found = names.map((name) => axes.find((axis) => axis.name.toLowerCase() === name.toLowerCase()))
    const unknown = names.find((_, at) => found[at] === undefined)
    if (unknown !== undefined) {
      problems.push({
        message: `the sub-model names an unknown parameter "${unknown}"`,
        hint: 'define it above',
        line,
        column: 1,
      })
    }
    const known = [...new Set(found.flatMap((axis) => (axis === undefined ? [] : [axis.id])))]
    const strength = Math.min(order ?? 2, known.length, 6)
    return strength < 1 ? [] : [{ axes: known, strength }]
  })
  if (problems.length > 0) return { problems, warnings }
  const matrix: Matrix = {
    version: 1,
    id,
    axes: Object.fromEntries(axes.map((axis) => [axis.id, axis.definition])),
    ...(rules.length === 0 ? {} : { constraints: rules }),
    ...(groups.length === 0 ? {} : { groups }),
  }
  return { matrix, problems, warnings }
}
