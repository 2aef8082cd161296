/** Where the address of the workers' database comes from, and which addresses are taken. */
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { databaseUrl } from '../../src/inputs/database-url.ts'

const folder = mkdtempSync(join(tmpdir(), 'rz-url-'))
afterAll(() => rmSync(folder, { recursive: true }))
const of = (url: string): string => databaseUrl('env:IT', { IT: url })

describe('the address of the database', () => {
  it('stands in a variable or in a file that only its owner can read, never in a flag', () => {
    const url = 'postgres://me@localhost/queue'
    expect(databaseUrl(undefined, { RINGZERO_DATABASE_URL: url })).toBe(url)
    const file = join(folder, 'url')
    writeFileSync(file, `${url}\n`, { mode: 0o600 })
    expect(databaseUrl(`file:${file}`, {})).toBe(url)
    expect(() => databaseUrl(url, {})).toThrow('takes no address')
    expect(() => databaseUrl(undefined, {})).toThrow('RINGZERO_DATABASE_URL is not set')
    if (process.platform === 'win32') return
    chmodSync(file, 0o644)
    expect(() => databaseUrl(`file:${file}`, {})).toThrow(/read by others|others|permission/i)
  })

  it.each(['postgres://me@db.example/q?sslmode=verify-full', 'postgres://me@db.example/q?sslmode=require'])(
    'of another computer is verified in full: %s',
    (url) => {
      expect(new URL(of(url)).searchParams.get('sslmode')).toBe('verify-full')
    },
  )

  it.each([
    'postgres://me@db.example/q',
    'postgres://me@db.example/q?sslmode=disable',
    'postgres://me@db.example/q?sslmode=prefer',
    'postgres://me@localhost/q?host=db.example',
    'postgres://me@127.0.0.2/q',
  ])('is refused where data would go in clear to another computer: %s', (url) => {
    expect(() => of(url)).toThrow('would not be encrypted and verified')
  })

  it('is refused where two programs would read it in two ways', () => {
    expect(() => of('postgres://me@localhost/q?host=%2Frun&host=db.example')).toThrow('host more than once')
    expect(() => of('postgres://me@db.example/q?sslmode=verify-full&sslmode=disable')).toThrow(
      'sslmode more than once',
    )
  })

  it.each(['', 'localhost', 'mysql://me@localhost/q'])('is refused where it is none: "%s"', (url) => {
    expect(() => of(url)).toThrow(/is none|is not set/)
  })
})
