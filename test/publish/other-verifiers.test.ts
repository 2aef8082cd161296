/** The untouched bundle in the hands of verifiers that are not ours. */
import { execFileSync, spawnSync } from 'node:child_process'
import type { KeyObject } from 'node:crypto'
import { existsSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { bundleFromJSON } from '@sigstore/bundle'
import { Verifier, toSignedEntity } from '@sigstore/verify'
import { beforeAll, describe, expect, it } from 'vitest'
import { STATEMENT_FILES, type Statement } from '../../src/model/bundle.ts'
import { statementsOn } from '../../src/publish/statements.ts'
import { badRun, goodRun } from '../stand-ins/scripted-report.ts'
import { bundleOf, newSigner, reportOn, SIGNER } from '../stand-ins/tampered-bundle.ts'
import { saySkipped } from '../support/skipped-tests.ts'

let files: ReadonlyMap<string, Uint8Array>
beforeAll(async () => {
  files = await bundleOf(reportOn(goodRun(), true))
})

const textOf = (path: string): string => Buffer.from(files.get(path)!).toString('utf8')
const STATEMENTS = Object.values(STATEMENT_FILES)

/** The same envelope with the last byte of what it says changed. */
function withChangedByte(text: string): string {
  const bundle = JSON.parse(text) as { dsseEnvelope: { payload: string } }
  const payload = Buffer.from(bundle.dsseEnvelope.payload, 'base64')
  payload[payload.length - 2]! ^= 1
  bundle.dsseEnvelope.payload = payload.toString('base64')
  return JSON.stringify(bundle)
}

describe('Sigstore’s own verifier', () => {
  const accepts = (text: string, publicKey: KeyObject): boolean => {
    const trust = {
      certificateAuthorities: [],
      timestampAuthorities: [],
      tlogs: [],
      ctlogs: [],
      publicKey: () => ({ publicKey, validFor: () => true }),
    }
    const verifier = new Verifier(trust, { tlogThreshold: 0, ctlogThreshold: 0, timestampThreshold: 0 })
    try {
      verifier.verify(toSignedEntity(bundleFromJSON(JSON.parse(text))))
      return true
    } catch {
      return false
    }
  }

  it('accepts every statement, and none of another key or with a changed byte', () => {
    for (const path of STATEMENTS) {
      const text = textOf(path)
      expect(accepts(text, SIGNER.publicKey), path).toBe(true)
      expect(accepts(withChangedByte(text), SIGNER.publicKey), path).toBe(false)
      expect(accepts(text, newSigner().publicKey), path).toBe(false)
    }
  })
})

/** Debian's python3-securesystemslib belongs to its own Python. */
const PYTHON = '/usr/bin/python3'
const hasLibrary =
  existsSync(PYTHON) && spawnSync(PYTHON, ['-c', 'from securesystemslib.signer import SSlibKey']).status === 0
if (!hasLibrary)
  saySkipped(
    'in-toto’s library reads no envelope: apt-get install python3-securesystemslib python3-cryptography',
  )

describe.skipIf(!hasLibrary)('in-toto’s own library', () => {
  const folder = mkdtempSync(join(tmpdir(), 'rz-envelope-'))
  const script = join(import.meta.dirname, 'read-envelope.py')
  const read = (text: string, publicKey: KeyObject): string => {
    const file = join(folder, 'bundle.json')
    writeFileSync(file, text)
    const { x = '' } = publicKey.export({ format: 'jwk' })
    const raw = Buffer.from(x, 'base64url').toString('hex')
    return execFileSync(PYTHON, [script, file, raw], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
  }

  it('accepts every statement, reads in it what was signed, and refuses another key or a changed byte', () => {
    for (const path of STATEMENTS) {
      const text = textOf(path)
      const statement = JSON.parse(read(text, SIGNER.publicKey)) as Statement
      expect(statement, path).toMatchObject({ _type: 'https://in-toto.io/Statement/v1' })
      expect(statement.subject[0]?.digest?.sha256).toMatch(/^[0-9a-f]{64}$/)
      expect(() => read(withChangedByte(text), SIGNER.publicKey), path).toThrow('UnverifiedSignatureError')
    }
    expect(() => read(textOf(STATEMENT_FILES.claim), newSigner().publicKey)).toThrow(
      'UnverifiedSignatureError',
    )
  }, 60_000)
})

/**
 * What Conforma's rules read (github.com/conforma/policy 7211d03, policy/release/test_attestation/test_attestation.rego with the rule
 * data of policy/lib/rule_data), written down from reading them: no registry in reach has a compiler of their language.
 */
describe('Conforma’s rules for test results, as they were read', () => {
  interface Read {
    readonly result?: string
    readonly configuration?: readonly { readonly name?: unknown }[]
    readonly failures?: unknown
    readonly warnings?: unknown
  }
  const positive = (count: unknown): boolean => typeof count === 'number' && count > 0
  /** Short names of the rules that deny, and of those that warn. `image`: digest of what is evaluated, as `sha256:…`. */
  const verdictOf = ({ predicate, subject }: Statement, image: string): string[] => {
    const { result, configuration = [], failures, warnings }: Read = predicate
    const known = ['PASSED', 'FAILED', 'WARNED', 'ERROR', 'SKIPPED']
    return [
      ...(result === undefined ? ['test_data_found'] : []),
      ...(result !== undefined && !known.includes(result) ? ['test_result_known'] : []),
      ...(result === 'FAILED' || positive(failures) ? ['no_failed_tests'] : []),
      ...(result === 'WARNED' || positive(warnings) ? ['no_test_warnings'] : []),
      ...(result === 'ERROR' ? ['no_erred_test_attestations'] : []),
      ...(result === 'SKIPPED' ? ['no_skipped_test_attestations'] : []),
      ...(subject.some(({ digest = {} }) =>
        Object.entries(digest).some(([algorithm, value]) => `${algorithm}:${value}` === image),
      )
        ? []
        : ['subject_mismatch']),
      ...(typeof configuration[0]?.name === 'string' ? [] : ['unknown test']),
    ]
  }
  const resultOf = (run: ReturnType<typeof badRun>): readonly [Statement, string] => {
    const report = reportOn(run)
    return [
      statementsOn(report, '', '').get(STATEMENT_FILES.result)!,
      `sha256:${report.candidate.sha256}`,
    ] as const
  }

  it('accept a good run, deny one with a failure or without a verdict, and one on another candidate', () => {
    expect(verdictOf(...resultOf(goodRun()))).toEqual([])
    expect(verdictOf(...resultOf(badRun()))).toEqual(['no_failed_tests'])
    expect(verdictOf(...resultOf(goodRun({ closed: false })))).toEqual(['no_failed_tests'])
    const [statement] = resultOf(goodRun())
    expect(verdictOf(statement, `sha256:${'0'.repeat(64)}`)).toEqual(['subject_mismatch'])
  })
})
