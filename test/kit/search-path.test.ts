import { chmodSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { runProgram } from '../../src/kit/process.ts'
import { searchPath } from '../../src/kit/search-path.ts'

describe('the search path of programs', () => {
  it('keeps the order of PATH and adds the folders of the system that an ordinary user has not', () => {
    expect(searchPath(['/usr/local/bin', '/usr/bin'].join(delimiter))).toEqual([
      '/usr/local/bin',
      '/usr/bin',
      '/usr/sbin',
      '/sbin',
    ])
    expect(searchPath(['/sbin', '/usr/sbin', '/bin'].join(delimiter))).toEqual(['/sbin', '/usr/sbin', '/bin'])
  })

  it('is what programs are started by: one of the system is found without its folder in PATH', async () => {
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
  })
})
