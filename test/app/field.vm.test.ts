/** A few of the scenarios that went wrong in the field, on real machines; `npm run bench field` has them all. */
import { afterAll, describe, expect, it } from 'vitest'
import { fieldLab } from '../stand-ins/field-lab.ts'
import { FIELD_SCENARIOS } from '../stand-ins/field-scenarios.ts'

const lab = fieldLab()
const CHOSEN = new Set(['good', 'all', '1b'])

afterAll(() => lab.close())

describe('a candidate that', () => {
  it.each(
    FIELD_SCENARIOS.filter(({ id }) => CHOSEN.has(id)).map((scenario) => [scenario.says, scenario] as const),
  )('%s is told as that', async (_, scenario) => {
    const { wrong, verdict } = await lab.run(scenario)
    expect({ wrong, because: verdict.because }).toEqual({ wrong: [], because: verdict.because })
  })
})
