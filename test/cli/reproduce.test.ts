/** A report through the built command line: signed, published, verified, made again in a second lab with a store of its own, countersigned. */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { keySigner, parsePublicKey } from '../../src/kit/signing.ts'
import type { PartnerReport } from '../../src/model/partner-report.ts'
import type { Report } from '../../src/model/report.ts'
import { openStatement, signStatement } from '../../src/publish/dsse.ts'
import {
  PARTNER_KEY,
  PASSPHRASE,
  writeKeys,
  writeLab,
  writePartners,
  writeUpdateAndMatrix,
} from '../stand-ins/partner-labs.ts'

const root = resolve(import.meta.dirname, '../..')
const folder = mkdtempSync(join(tmpdir(), 'rz-reproduce-'))
const at = (...names: readonly string[]): string => join(folder, ...names)
afterAll(() => rmSync(folder, { recursive: true }))

interface Done {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

function ringzero(commandLine: readonly string[], environment: NodeJS.ProcessEnv = {}): Done {
  const done = spawnSync(process.execPath, [join(root, 'dist/main.js'), ...commandLine], {
    cwd: folder,
    encoding: 'utf8',
    env: {
      ...process.env,
      CI: 'true',
      NO_COLOR: '1',
      KEY: PARTNER_KEY,
      // A page is printed in other tests.
      RINGZERO_CHROMIUM: at('nowhere'),
      RINGZERO_KEY_PASSPHRASE: PASSPHRASE,
      ...environment,
    },
  })
  // Messages are broken into the lines of a terminal.
  return { code: done.status, out: done.stdout, err: done.stderr.replace(/\s+/g, ' ') }
}

const [publisher, second] = [writeKeys(folder, 'publisher'), writeKeys(folder, 'second')]
const SIGNED = ['--sign', 'publisher.pem'] as const
let id: string
let zip: string
let report: PartnerReport
/** Of the publisher's run. */
let run: Report

function publish(...more: readonly string[]): Done {
  return ringzero(['publish', 'run', '--partner', 'own', '--out', 'published', ...more])
}

beforeAll(() => {
  writeUpdateAndMatrix(folder)
  writeLab(folder, 'first')
  writeLab(folder, 'second')
  writePartners(folder)
  const ran = ringzero([
    'run',
    'matrix.yaml',
    '--candidate',
    'update',
    '--lab',
    'first/lab.yaml',
    '--run-dir',
    'run',
    '--keep-going',
    '--partners',
    'partners.yaml',
    ...SIGNED,
  ])
  if (ran.code !== 1) throw new Error(ran.err)
  const published = publish('--json', ...SIGNED)
  if (published.code !== 0) throw new Error(published.err)
  ;({ id } = JSON.parse(published.out) as { id: string })
  zip = join('published', `${id}.zip`)
  report = JSON.parse(readFileSync(at('published', id, 'report.json'), 'utf8')) as PartnerReport
  run = JSON.parse(readFileSync(at('run/report/report.json'), 'utf8')) as Report
}, 120_000)

const verify = (...more: readonly string[]): Done =>
  ringzero(['verify', zip, '--key', publisher.open, ...more])

function reproduce(
  outcome: string,
  lab: string,
  ...more: readonly string[]
): Done & { readonly cell: string } {
  const cell = report.cells.find((one) => one.outcome === outcome)?.id ?? ''
  const asked = ['--candidate', 'update', '--lab', `${lab}/lab.yaml`, '--key', publisher.open]
  return { cell, ...ringzero(['reproduce', zip, '--cell', cell, ...asked, ...more]) }
}

describe('a report, from the run to the second lab', () => {
  it('is what was signed, before the run and after it, and is attested by its publisher alone', () => {
    const ofRun = ringzero(['verify', 'run', '--key', publisher.open])
    expect(ofRun, ofRun.err).toMatchObject({ code: 0 })
    const { code, out } = verify()
    expect(out).toContain(`verified: ${id} for Own Incorporated: incompatible, self-attested`)
    expect(out).not.toContain('nothing was signed for you')
    expect(code).toBe(0)
  })

  it.each(['fail', 'pass'] as const)(
    'a machine that says %s says the same there, with the same failure, and is countersigned',
    async (outcome) => {
      const fresh = `store-for-${outcome}`
      writeLab(folder, fresh)
      const done = reproduce(outcome, fresh, '--countersign', second.key, '--json')
      expect(done.code, done.err).toBe(0)
      expect(existsSync(at(fresh, 'store'))).toBe(true)
      const { reproduction, statement } = JSON.parse(done.out) as {
        reproduction: { result: string; seen: { outcome: string; symptoms: string[] } }
        statement: string
      }
      const own = run.cells.find(({ verdict }) => verdict.outcome === outcome)?.verdict
      expect(reproduction).toMatchObject({
        result: 'same',
        differs: [],
        seen: { outcome, blame: own?.blame },
      })
      expect(reproduction.seen.symptoms).toEqual(own?.symptoms.map(({ signature }) => signature))
      expect(own?.symptoms.length).toBe(outcome === 'fail' ? 1 : 0)

      // What a simulated machine shows lifts nothing.
      const simulated = verify('--countersigned', statement, '--countersigner', second.open)
      expect(simulated.out).toContain('on a simulated machine, which reproduces nothing')
      expect(simulated.out).not.toContain('reproduced by a second lab')
      expect(simulated.code).toBe(1)

      // The same statement about a machine that was none.
      const key = keySigner(readFileSync(second.key, 'utf8'), PASSPHRASE)
      const signed = await openStatement(
        readFileSync(statement, 'utf8'),
        parsePublicKey(readFileSync(second.open, 'utf8')),
      )
      const real = { ...signed, predicate: { ...signed.predicate, simulated: false } }
      writeFileSync(at(`${outcome}.sigstore.json`), await signStatement(real, key))
      const countersigned = ['--countersigned', `${outcome}.sigstore.json`, '--countersigner'] as const
      const lifted = verify(...countersigned, second.open)
      expect(lifted.out).toContain(`${done.cell} was reproduced by a second lab`)
      expect(lifted.out).toMatch(/^verified: .*, reproduced by a second lab, /m)
      expect(lifted.code).toBe(0)
      expect(JSON.parse(verify(...countersigned, second.open, '--json').out)).toMatchObject({
        verified: true,
        level: 'reproduced',
        reproduced: [done.cell],
      })
      // By the publisher's own key, and by a key that did not sign it.
      expect(verify(...countersigned, publisher.open)).toMatchObject({ code: 1 })
      expect(verify(...countersigned, writeKeys(folder, 'third').open)).toMatchObject({ code: 1 })
    },
    120_000,
  )

  it('that another lab does not see ends with 1, and what is missing there with 2', () => {
    writeLab(folder, 'healthy', { faults: [] })
    const other = reproduce('fail', 'healthy', '--out', 'not-seen')
    expect(other.out).toContain(`not reproduced: ${other.cell} is fail in the report`)
    expect(other.code).toBe(1)
    writeLab(folder, 'bare', { release: '2', memoryMiB: 512 })
    const missing = reproduce('fail', 'bare', '--out', 'missing')
    expect(missing.code, missing.err).toBe(2)
    expect(missing.err).toContain('the machine needs 1024 MiB, the host lends 512')
    expect(missing.err).toContain('Own Shield (own) in release 1; the lab has 2')
    expect(existsSync(at('missing/run'))).toBe(false)
  }, 60_000)
})

describe('a report that cannot be trusted', () => {
  it('has expired', () => {
    const old = JSON.parse(publish('--json', '--date', '2025-01-31', ...SIGNED).out) as { id: string }
    const { code, out } = ringzero(['verify', join('published', old.id), '--key', publisher.open])
    expect(out).toContain('report.json is no longer good: it expired on 2025-05-01')
    expect(code).toBe(1)
  })

  it('is not published where its signer fails, gives too much or nothing, or signs by another key', () => {
    const signer = (script: string): Done => {
      writeFileSync(at('signer.mjs'), script)
      const line = `${process.execPath} ${at('signer.mjs')}`
      return publish('--signer', line, '--public-key', publisher.open, '--date', '2026-01-01')
    }
    const before = readFileSync(at(zip))
    for (const [script, says] of [
      ['process.exit(3)', 'ended with 3'],
      ['process.stdout.write("x".repeat(64))', 'is no signature by the public key'],
      ['process.stdout.write(Buffer.alloc(30_000_000))', 'printed much more than a signature'],
      ['', 'is no signature by the public key'],
    ] as const) {
      const { code, err } = signer(script)
      expect(code, err).toBe(3)
      expect(err).toContain('SIGNING_FAILED')
      expect(err).toContain(says)
    }
    expect(readFileSync(at(zip)).equals(before)).toBe(true)
  }, 60_000)

  it('is not signed with a wrong passphrase, or without one', () => {
    for (const passphrase of ['wrong', '']) {
      const { code, err } = ringzero(['publish', 'run', '--partner', 'own', '--out', 'never', ...SIGNED], {
        RINGZERO_KEY_PASSPHRASE: passphrase,
      })
      expect(code, err).toBe(2)
      expect(err).toContain('SIGNING_KEY')
      expect(err).not.toContain('at Object')
    }
    expect(existsSync(at('never'))).toBe(false)
  })
})
