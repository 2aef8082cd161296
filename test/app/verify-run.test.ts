/** A run that was signed before it began, in the hands of somebody who changes it afterwards. */
import { generateKeyPairSync, sign } from 'node:crypto'
import { appendFileSync, cpSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { preRegister, signJournal } from '../../src/app/pre-register.ts'
import { resumeRun } from '../../src/app/resume-run.ts'
import { runPlan } from '../../src/app/run-plan.ts'
import { verifyRun } from '../../src/app/verify-run.ts'
import { keyIdOf, type ByteSigner } from '../../src/kit/signing.ts'
import { DEFAULT_POLICY } from '../../src/model/policy.ts'
import { openJournal } from '../../src/record/journal.ts'
import { followChain } from '../../src/record/journal-chain.ts'
import { makePlan, simulatedParts, temporaryFolder } from '../stand-ins/simulated-lab.ts'

const { privateKey, publicKey } = generateKeyPairSync('ed25519')
const SIGNER: ByteSigner = {
  keyId: keyIdOf(publicKey),
  publicKey,
  sign: async (data) => sign(undefined, data, privateKey),
}
const plan = makePlan({ stages: [2], sharing: 2 })
let signed: string

beforeAll(async () => {
  const parts = await simulatedParts({ folder: temporaryFolder() })
  signed = join(parts.storeFolder, '..', 'run')
  const request = {
    runFolder: signed,
    parts: { ...parts, toolVersion: '0.1.0' },
    hooks: { judgeStage: () => 'passed' as const },
    signal: new AbortController().signal,
  }
  await preRegister(signed, plan, DEFAULT_POLICY, SIGNER)
  await runPlan({ ...request, plan, run: '20261128T000000Z-0001' })
  await resumeRun(request)
  await signJournal(signed, plan, SIGNER)
})

function copy(): string {
  const folder = mkdtempSync(join(tmpdir(), 'rz-signed-'))
  cpSync(signed, folder, { recursive: true })
  return folder
}

const problemsOf = async (folder: string): Promise<string[]> =>
  (await verifyRun(folder, publicKey)).map(({ file, what }) => `${file} ${what}`)

function change(folder: string, file: string, edit: (text: string) => string): void {
  const path = join(folder, file)
  const text = readFileSync(path, 'utf8')
  const edited = edit(text)
  expect(edited).not.toBe(text)
  writeFileSync(path, edited)
}

describe('verify of a run', () => {
  it('finds nothing wrong with a run that followed its signed plan, a resume included', async () => {
    expect(await problemsOf(signed)).toEqual([])
  })

  it('tells another seed, a dropped cell and another input of the plan', async () => {
    const edits: readonly (readonly [string, (document: typeof plan) => object])[] = [
      ['its seed', (document) => ({ ...document, seed: document.seed + 1 })],
      ['its cells', (document) => ({ ...document, cells: document.cells.slice(1) })],
      [
        'its inputs',
        (document) => ({ ...document, inputs: [{ role: 'image', name: 'other', sha256: 'e'.repeat(64) }] }),
      ],
      ['its settings', (document) => ({ ...document, settings: { ...document.settings, restarts: 0 } })],
    ]
    for (const [what, edit] of edits) {
      const folder = copy()
      change(folder, 'plan.json', (text) => JSON.stringify(edit(JSON.parse(text) as typeof plan)))
      expect((await problemsOf(folder))[0]).toBe(
        `plan.json is not the plan that was signed before the run began: ${what} changed`,
      )
    }
  })

  it('names the first line of the journal that was changed, dropped or put in between', async () => {
    const lines = readFileSync(join(signed, 'journal.jsonl'), 'utf8').trimEnd().split('\n')
    const middle = Math.floor(lines.length / 2)
    for (const edited of [
      lines.map((line, at) => (at === middle ? line.replace(/"at":(\d+)/, '"at":1$1') : line)),
      lines.toSpliced(middle, 1),
      lines.toSpliced(middle, 0, lines[middle]!),
    ]) {
      const folder = copy()
      change(folder, 'journal.jsonl', () => `${edited.join('\n')}\n`)
      const [problem] = await problemsOf(folder)
      expect(problem).toMatch(
        /^journal\.jsonl does not follow from what was written before, from line \d+ on$/,
      )
      const line = Number(/line (\d+)/.exec(problem!)?.[1])
      expect([middle + 1, middle + 2]).toContain(line)
    }
  })

  it('tells that the end of the journal was cut off, and that it went on after its end was signed', async () => {
    const cut = copy()
    change(cut, 'journal.jsonl', (text) => `${text.trimEnd().split('\n').slice(0, -2).join('\n')}\n`)
    expect(await problemsOf(cut)).toEqual([
      expect.stringMatching(/^journal\.jsonl has \d+ lines; \d+ were signed/),
    ])
    const longer = copy()
    const journal = await openJournal(join(longer, 'journal.jsonl'))
    await journal.append({ type: 'run-closed', at: 5 })
    await journal.close()
    expect(await problemsOf(longer)).toEqual([
      expect.stringMatching(/^journal\.jsonl has \d+ lines; \d+ were signed/),
    ])
  })

  it('tells what was not signed, or by another key, or only after the run had begun', async () => {
    const folder = copy()
    change(folder, 'signed/pre-registration.sigstore.json', (text) => text.replace('hint":"', 'hint":"0'))
    expect(await problemsOf(folder)).toEqual([
      'pre-registration.sigstore.json cannot be trusted: it is not signed by this key',
    ])
    const late = mkdtempSync(join(tmpdir(), 'rz-late-'))
    for (const file of ['plan.json', 'journal.jsonl']) cpSync(join(signed, file), join(late, file))
    await preRegister(late, plan, DEFAULT_POLICY, SIGNER)
    await signJournal(late, plan, SIGNER)
    expect(await problemsOf(late)).toEqual([
      'pre-registration.sigstore.json is missing: the run was not signed',
    ])
  })
})

describe('the chain of a journal', () => {
  it('goes on after a kill that tore its last line', async () => {
    const path = join(mkdtempSync(join(tmpdir(), 'rz-chain-')), 'journal.jsonl')
    for (const at of [1, 2, 3]) {
      const journal = await openJournal(path)
      journal.note({ type: 'run-closed', at })
      await journal.append({ type: 'run-closed', at })
      await journal.close()
      appendFileSync(path, '{"type":"run-cl')
    }
    expect(await followChain(path)).toMatchObject({ lines: 6 })
    expect((await followChain(path)).broken).toBeUndefined()
  })

  it('is not begun in the middle of a journal of an earlier version', async () => {
    const path = join(mkdtempSync(join(tmpdir(), 'rz-chain-')), 'journal.jsonl')
    writeFileSync(path, '{"type":"run-closed","at":1}\n')
    const journal = await openJournal(path)
    await journal.append({ type: 'run-closed', at: 2 })
    await journal.close()
    expect(readFileSync(path, 'utf8')).toBe('{"type":"run-closed","at":1}\n{"type":"run-closed","at":2}\n')
  })
})
