import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { revealFault, sealFault } from '../../src/app/blind-drill.ts'
import { sha256 } from '../../src/kit/hash.ts'
import { SealSchema, type Revealed } from '../../src/model/drill.ts'
import { DEFAULT_POLICY } from '../../src/model/policy.ts'

const root = resolve(import.meta.dirname, '../..')
const folder = mkdtempSync(join(tmpdir(), 'rz-blind-'))
afterAll(() => rmSync(folder, { recursive: true, maxRetries: 5 }))

const journal = (name: string): string => join(root, 'fixtures/journals', name)
const open = (file: string, run: string, hash: string): Promise<Revealed> =>
  revealFault(file, journal(run), hash, { policy: DEFAULT_POLICY, signal: new AbortController().signal })

/** A seal as if it had been made before the recorded runs. */
async function sealedEarly(scenario: string): Promise<{ readonly file: string; readonly hash: string }> {
  cpSync(join(root, 'fixtures/drill/linux', `${scenario}.yaml`), join(folder, `${scenario}.yaml`))
  const { file } = await sealFault(join(folder, `${scenario}.yaml`))
  const seal = SealSchema.parse(JSON.parse(readFileSync(file, 'utf8')))
  const text = JSON.stringify({ ...seal, sealedAt: 0 })
  writeFileSync(file, text)
  return { file, hash: sha256(text) }
}

describe('a blind drill', () => {
  test('ends well when the run was held for the sealed reason', async () => {
    const { file, hash } = await sealedEarly('protection-off')
    const revealed = await open(file, 'protection-off', hash.slice(0, 12))
    expect(revealed).toMatchObject({ result: 'named', sealed: { class: 'protection-off' }, sha256: hash })
    expect(revealed.named).toContain('protection-off (fail) in check')
  })

  test('does not when the run is red for something else, or not at all', async () => {
    const { file, hash } = await sealedEarly('protection-off')
    expect(await open(file, 'boot-loop-on-a-pair', hash)).toMatchObject({ result: 'not-named' })
    expect(await open(file, 'good', hash)).toMatchObject({ result: 'not-named', named: [] })
    expect(await open(file, 'host-faults', hash)).toMatchObject({ result: 'lab' })
  })

  test('is refused when the seal is another, or was made after the run had begun', async () => {
    const { file } = await sealedEarly('panic')
    await expect(open(file, 'good', 'a'.repeat(64))).rejects.toMatchObject({
      code: 'SEAL_BROKEN',
      fault: 'user',
    })
    await expect(open(join(folder, 'none'), 'good', 'a'.repeat(64))).rejects.toMatchObject({
      code: 'SEAL_BROKEN',
    })
    const late = await sealFault(join(folder, 'panic.yaml'))
    const again = await sealFault(join(folder, 'panic.yaml'))
    expect(again.sha256).not.toBe(late.sha256)
    await expect(open(again.file, 'good', again.sha256)).rejects.toThrow('after the run began')
  })
})
