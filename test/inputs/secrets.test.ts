import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { readableSecrets, secretReader } from '../../src/inputs/secrets.ts'
import { notOnWindows } from '../windows-host/not-on-windows.ts'

const folder = mkdtempSync(join(tmpdir(), 'rz-secrets-'))
afterAll(() => rmSync(folder, { recursive: true }))

describe('secrets', () => {
  const secrets = [
    { name: 'licence', environment: 'ACME_LICENCE' },
    { name: 'password', file: 'password.txt' },
  ]

  it('come from the environment or from a file of their owner', () => {
    writeFileSync(join(folder, 'password.txt'), 'hunter2\n', { mode: 0o600 })
    const read = secretReader(secrets, folder, { ACME_LICENCE: 'abc' })
    expect([read('licence'), read('password')]).toEqual(['abc', 'hunter2'])
  })

  it(
    'a file that others can read is refused, and the value is not in the error',
    notOnWindows('file modes'),
    () => {
      writeFileSync(join(folder, 'password.txt'), 'hunter2\n')
      chmodSync(join(folder, 'password.txt'), 0o644)
      const read = secretReader(secrets, folder, {})
      expect(() => read('password')).toThrow('others can read')
      expect(() => read('password')).not.toThrow('hunter2')
    },
  )

  it('what is unknown or unset is named', () => {
    const read = secretReader(secrets, folder, {})
    expect(() => read('licence')).toThrow('not set')
    expect(() => read('other')).toThrow('no secret "other"')
  })

  it('are all known when a run begins, but for those that cannot be had: nobody may need them', () => {
    writeFileSync(join(folder, 'password.txt'), 'hunter2\n', { mode: 0o600 })
    chmodSync(join(folder, 'password.txt'), 0o600)
    const known = (environment: NodeJS.ProcessEnv) =>
      readableSecrets(secrets, secretReader(secrets, folder, environment))
    expect(known({ ACME_LICENCE: 'abc' })).toEqual({ values: ['abc', 'hunter2'], missing: [] })
    expect(known({})).toEqual({ values: ['hunter2'], missing: ['licence'] })
  })
})
