/** From the signature before the first machine to what the partner checks: a recorded run, written down as a signed one. */
import { generateKeyPairSync } from 'node:crypto'
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { preRegister, signJournal } from '../../src/app/pre-register.ts'
import { publishRun, type Published } from '../../src/app/publish-run.ts'
import { registerForPartners, registerRun } from '../../src/app/register-run.ts'
import { toolVersion } from '../../src/app/tool-version.ts'
import { verifyBundleFiles } from '../../src/app/verify-bundle-files.ts'
import { workingContext } from '../../src/app/working-context.ts'
import { loadSigner } from '../../src/inputs/load-signer.ts'
import { formatInstant, systemClock } from '../../src/kit/clock.ts'
import { DEFAULT_POLICY } from '../../src/model/policy.ts'
import { openJournal, readJournal } from '../../src/record/journal.ts'
import { readRunPlan } from '../../src/record/run-plan.ts'

const JOURNALS = resolve(import.meta.dirname, '../../fixtures/journals')
const folder = mkdtempSync(join(tmpdir(), 'rz-register-'))
const [key, open, partners] = [
  join(folder, 'key.pem'),
  join(folder, 'open.pem'),
  join(folder, 'partners.yaml'),
]
const signal = new AbortController().signal
const environment = { KEY: 'k'.repeat(40), RINGZERO_KEY_PASSPHRASE: 'open sesame' }

beforeAll(() => {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  const secret = { type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'open sesame' } as const
  writeFileSync(key, privateKey.export(secret), { mode: 0o600 })
  writeFileSync(open, publicKey.export({ type: 'spki', format: 'pem' }))
  writeFileSync(
    partners,
    `version: 1
publisher: Example Labs
secret: { name: key, environment: KEY }
partners:
  - { name: netwatch, title: Netwatch Incorporated, products: [netwatch], contact: compat@example.org }
`,
  )
  process.env['KEY'] = environment.KEY
})

let runs = 0

/** The recorded run as a run of its own that was signed; `earlier` runs stand in the register of its lab. */
async function signedRun(journal: string, store: string): Promise<string> {
  runs += 1
  const run = `20261128T00000${runs}Z-0001`
  const runFolder = join(folder, run)
  for (const file of ['plan.json', 'inputs.json'])
    cpSync(join(JOURNALS, journal, file), join(runFolder, file))
  const plan = await readRunPlan(runFolder)
  const signer = (await loadSigner({ key }, environment, signal))!
  const storeFolder = join(folder, store)
  const earlier = await registerRun(
    { storeFolder, runFolder, run, plan, candidateSha256: 'c'.repeat(64) },
    workingContext(signal),
  )
  await preRegister(runFolder, plan, DEFAULT_POLICY, signer, earlier)
  await registerForPartners(partners, { runFolder, run, plan, policy: DEFAULT_POLICY, earlier }, signer)
  const written = await openJournal(join(runFolder, 'journal.jsonl'), { sync: false })
  for await (const event of readJournal(join(JOURNALS, journal, 'journal.jsonl')))
    await written.append(event.type === 'run-opened' ? { ...event, run, toolVersion: toolVersion() } : event)
  await written.close()
  await signJournal(runFolder, plan, signer)
  return runFolder
}

const warnings: string[] = []

async function published(runFolder: string): Promise<Published> {
  return await publishRun({
    runFolder,
    partners,
    partner: 'netwatch',
    out: join(folder, 'out'),
    issued: formatInstant(systemClock.now()).slice(0, 10),
    signer: { key },
    environment,
    signal,
    warn: (message) => warnings.push(message),
    print: async () => ({ because: 'this test prints nothing' }),
  })
}

const problemsOf = async ({ zip }: Published): Promise<string[]> =>
  (await verifyBundleFiles(zip, open)).problems.map(({ file, what }) => `${file} ${what}`)

describe('a run that was signed for a partner', () => {
  it('comes to him with what was signed, and verify finds nothing wrong', async () => {
    const bundle = await published(await signedRun('good', 'first'))
    expect(bundle.files).toContain('statements/registration.sigstore.json')
    expect(bundle.report).toMatchObject({
      result: 'compatible',
      registration: { asSigned: true, earlier: [] },
    })
    expect(await problemsOf(bundle)).toEqual([])
  })

  it('does not become compatible by being run again', async () => {
    const failed = await signedRun('boot-loop-on-a-pair', 'second')
    const green = await signedRun('good', 'second')
    const bundle = await published(green)
    expect(bundle.report).toMatchObject({
      result: 'inconclusive',
      registration: { earlier: [{ result: 'incompatible' }] },
    })
    expect(await problemsOf(bundle)).toEqual([])
    rmSync(failed, { recursive: true })
    const without = await published(green)
    expect(without.report).toMatchObject({
      result: 'inconclusive',
      registration: { earlier: [{ result: 'unknown' }] },
    })
    expect(warnings).toContain(
      `an earlier run of this candidate is gone, so that the report cannot say compatible: ${failed}`,
    )
  })

  it('shows the partner a journal that was changed', async () => {
    const run = await signedRun('boot-loop-on-a-pair', 'third')
    const path = join(run, 'journal.jsonl')
    const lines = readFileSync(path, 'utf8').trimEnd().split('\n')
    writeFileSync(
      path,
      `${lines
        .filter((line) => !line.includes('boot-loop'))
        .slice(0, -1)
        .join('\n')}\n`,
    )
    expect(await problemsOf(await published(run))).toEqual([
      'statements/registration.sigstore.json belongs to a run whose plan or journal was changed after it was signed',
    ])
    expect(warnings.at(-1)).toContain('no PDF')
    expect(warnings.join()).toContain('the partner will see that the run was changed: journal.jsonl')
  })
})
