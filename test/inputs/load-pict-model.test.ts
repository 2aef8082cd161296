import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { formatPlan } from '../../src/cli/format-plan.ts'
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

test('a person reads the values as the model spells them', async () => {
  const nothing = {
    matrix: undefined,
    lab: undefined,
    candidate: undefined,
    since: undefined,
    history: undefined,
    html: undefined,
  }
  const pict = join(import.meta.dirname, '../field-cases/sign.pict')
  const { plan } = await planCommand(
    { ...nothing, pict, strength: undefined, seed: 1, effort: 0 },
    new AbortController().signal,
  )
  const lines = formatPlan(plan, undefined, 100)
  const rows = lines.flatMap((line) => /^ *[0-9a-f]{7} +(\S+) +(\S+) /.exec(line)?.slice(1).join(' ') ?? [])
  // If Offset is -1, Size is 5: of the nine pairs these seven are possible.
  expect([...new Set(rows)].sort()).toEqual(['-1 5', '0 5', '0 <5', '0 >5', '1 5', '1 <5', '1 >5'])
  const text = lines.join('\n')
  expect(text).toContain('Offset=-1 Size=<5')
})
