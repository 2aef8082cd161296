/** Reads a gate policy; without a file the default applies. */
import { resolve } from 'node:path'
import type { Problem } from '../model/errors.ts'
import { DEFAULT_POLICY, PolicySchema, type Policy } from '../model/policy.ts'
import { invalidInput, loadYaml, type LoadedYaml } from './load-yaml.ts'

/** The policy at `path`, or the default one. @throws AppError INPUT_INVALID with all problems */
export async function loadPolicy(path: string | undefined): Promise<Policy> {
  if (path === undefined) return DEFAULT_POLICY
  const loaded = await loadYaml(resolve(path), PolicySchema, 'policy')
  const problems = findProblems(loaded)
  if (problems.length > 0) throw invalidInput(resolve(path), 'policy', problems)
  return loaded.value
}

function findProblems(loaded: LoadedYaml<Policy>): Problem[] {
  const { rules, waivers = [], budgets = [] } = loaded.value
  const twice = (list: 'rules' | 'waivers', ids: readonly string[]): Problem[] =>
    ids.flatMap((id, index) =>
      ids.indexOf(id) === index
        ? []
        : [
            {
              message: `"${id}" is used twice in ${list}`,
              hint: 'give each its own id',
              where: loaded.where([list, index, 'id']),
            },
          ],
    )
  const criteria = rules.flatMap((rule, index): Problem[] =>
    (rule.atMost === undefined) === (rule.atLeast === undefined)
      ? [
          {
            message: 'a rule needs exactly one criterion',
            hint: 'write either atMost or atLeast',
            where: loaded.where(['rules', index]),
          },
        ]
      : [],
  )
  const limits = budgets.flatMap(({ measure, absolute, relative }, index): Problem[] => {
    const where = loaded.where(['budgets', index])
    if (absolute === undefined && relative === undefined)
      return [
        {
          message: 'a budget needs a limit',
          hint: 'write absolute (in the unit of the measure), relative (0.2 allows 20 % more than the control), or both',
          where,
        },
      ]
    return budgets.findIndex((other) => other.measure === measure) === index
      ? []
      : [
          {
            message: `"${measure}" has two budgets`,
            hint: 'keep one of them; it can have an absolute and a relative limit',
            where,
          },
        ]
  })
  return [
    ...limits,
    ...twice(
      'rules',
      rules.map((rule) => rule.id),
    ),
    ...twice(
      'waivers',
      waivers.map((waiver) => waiver.id),
    ),
    ...criteria,
  ]
}
