import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { planCommand } from '../../src/app/plan-command.ts'

const folder = mkdtempSync(join(tmpdir(), 'rz-pict-'))
afterAll(() => rmSync(folder, { recursive: true }))

test('a constraint that PICT would leave out is left out, and the plan says so with its line', async () => {
  const pict = join(folder, 'model.pict')
  writeFileSync(
    pict,
    'Build: w10, w11\nTpm: none, two\n\nIF [Build] = "w11" THEN [Tpm] = "two";\nIF [Bulid] = "w10" THEN [Tpm] = "none";\n',
  )
  const nothing = {
    matrix: undefined,
    lab: undefined,
    candidate: undefined,
    since: undefined,
    history: undefined,
    html: undefined,
  }
  const { plan } = await planCommand(
    { ...nothing, pict, strength: undefined, seed: 1, effort: 0 },
    new AbortController().signal,
  )
  expect(plan.warnings).toContain('model.pict:5: constraint left out: there is no parameter "Bulid"')
  expect(plan.cells).toHaveLength(3)
})
