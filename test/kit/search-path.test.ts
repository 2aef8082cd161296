import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest'
import { runProgram } from '../../src/kit/process.ts'
import { searchPath, windowsProgram } from '../../src/kit/search-path.ts'
import { notOnWindows } from '../windows-host/not-on-windows.ts'

describe('the search path of programs', () => {
  it(
    'keeps the order of PATH and adds the folders of the system that an ordinary user has not',
    notOnWindows('folders of the system outside of PATH'),
    () => {
      expect(searchPath(['/usr/local/bin', '/usr/bin'].join(delimiter))).toEqual([
        '/usr/local/bin',
        '/usr/bin',
        '/usr/sbin',
        '/sbin',
      ])
      expect(searchPath(['/sbin', '/usr/sbin', '/bin'].join(delimiter))).toEqual([
        '/sbin',
        '/usr/sbin',
        '/bin',
      ])
    },
  )

  it(
    'is what programs are started by: one of the system is found without its folder in PATH',
    notOnWindows('folders of the system outside of PATH'),
    async () => {
      const before = process.env['PATH']
      const folder = mkdtempSync(join(tmpdir(), 'rz-path-'))
      writeFileSync(join(folder, 'tell-path'), '#!/bin/sh\necho "$PATH"\n')
      chmodSync(join(folder, 'tell-path'), 0o755)
      try {
        process.env['PATH'] = `${folder}${delimiter}/bin`
        const told = await runProgram('tell-path', [])
        expect(told.stdout.toString().trim()).toBe(`${folder}:/bin:/usr/sbin:/sbin`)
        expect((await runProgram('ldconfig', ['--version'])).startError).toBeUndefined()
      } finally {
        process.env['PATH'] = before
      }
    },
  )
})

describe('a program of Windows', () => {
  const before = process.env['PATH']
  const folder = mkdtempSync(join(tmpdir(), 'rz-path-'))
  for (const name of ['tool.exe', 'batch.cmd', 'named.com']) writeFileSync(join(folder, name), '')
  const elsewhere = mkdtempSync(join(tmpdir(), 'rz-here-'))
  writeFileSync(join(elsewhere, 'here.exe'), '')
  beforeEach(() => {
    process.env['PATH'] = folder
  })
  afterEach(() => {
    process.env['PATH'] = before
  })
  afterAll(() => [folder, elsewhere].forEach((path) => rmSync(path, { recursive: true })))

  it('is looked up in PATH alone, with and without its ending', () => {
    expect(windowsProgram('tool')).toBe(join(folder, 'tool.exe'))
    expect(windowsProgram('tool.exe')).toBe(join(folder, 'tool.exe'))
    expect(windowsProgram('named')).toBe(join(folder, 'named.com'))
    expect(windowsProgram(join(folder, 'tool'))).toBe(join(folder, 'tool.exe'))
    expect(windowsProgram('here', elsewhere)).toBeUndefined()
    expect(windowsProgram('./here', elsewhere)).toBe(join(elsewhere, 'here.exe'))
  })

  it('is no batch file: those, and names that are not found, would go to cmd.exe as text', () => {
    expect(windowsProgram('batch')).toBeUndefined()
    expect(windowsProgram('batch.cmd')).toBeUndefined()
  })
})

it('a program that is not there is told, and no shell is asked', async () => {
  expect(await runProgram('no-such-program', ['a\nb', '%PATH%'])).toMatchObject({
    exitCode: undefined,
    startError: 'ENOENT',
  })
})
