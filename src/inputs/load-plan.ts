/** Reads a plan that was written to be run by others: whole, and as it was planned. */
import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { hashJson } from '../kit/hash.ts'
import { AppError } from '../model/errors.ts'
import { PlanSchema, type Plan } from '../model/plan.ts'
import { decodeInput } from './decode-input.ts'
import { describeIssues } from './describe-issues.ts'
import { invalidInput } from './load-yaml.ts'

/**
 * The plan in this file.
 * @throws AppError INPUT_MISSING, INPUT_INVALID; PLAN_CHANGED when it is not what its id says, all user
 */
export async function loadPlan(path: string): Promise<Plan> {
  const file = resolve(path)
  const bytes = await readFile(file).catch((error: unknown) => {
    throw new AppError('INPUT_MISSING', 'user', 'the plan file cannot be read', {
      where: { file },
      hint: 'make it by `ringzero plan MATRIX --lab FILE --candidate FOLDER --out FILE`',
      cause: error,
    })
  })
  const document = parseJson(decodeInput(file, 'plan', bytes), file)
  const parsed = PlanSchema.safeParse(document)
  if (!parsed.success)
    throw invalidInput(
      file,
      'plan',
      describeIssues(PlanSchema, parsed.error.issues, document)
        .slice(0, 20)
        .map(({ path: steps, message, hint }) => ({
          message,
          ...(hint === undefined ? {} : { hint }),
          where: { file, field: steps.map(String).join('.') },
        })),
    )
  if (planId(parsed.data) !== parsed.data.id)
    throw new AppError(
      'PLAN_CHANGED',
      'user',
      'the plan was changed after it was made: its id does not fit',
      {
        where: { file },
        hint: 'plan again; a plan is not edited by hand',
      },
    )
  return parsed.data
}

/** What the id of this plan must be. */
export function planId(plan: Plan): string {
  const body: Partial<Plan> = { ...plan }
  delete body.id
  delete body.sources
  return hashJson(body)
}

function parseJson(text: string, file: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw invalidInput(file, 'plan', [
      {
        message: `not valid JSON: ${(error as Error).message.slice(0, 200)}`,
        hint: 'take the file that `ringzero plan --out` wrote',
        where: { file },
      },
    ])
  }
}
