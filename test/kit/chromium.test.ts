import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { browserFinding } from '../../src/app/doctor.ts'
import { findBrowser, printPage } from '../../src/kit/chromium.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rz-browser-'))
  vi.stubEnv('PATH', folder)
  vi.stubEnv('RINGZERO_CHROMIUM', undefined)
})
afterEach(() => {
  vi.unstubAllEnvs()
  vi.unstubAllGlobals()
  rmSync(folder, { recursive: true })
})

function program(...path: readonly string[]): string {
  const file = join(folder, ...path)
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, '', { mode: 0o755 })
  return file
}

describe('the browser that prints', () => {
  it('is the first in PATH', () => {
    expect(findBrowser()).toBeUndefined()
    const chrome = program(process.platform === 'win32' ? 'google-chrome.exe' : 'google-chrome')
    expect(findBrowser()).toBe(chrome)
    const chromium = program(process.platform === 'win32' ? 'chromium.exe' : 'chromium')
    expect(findBrowser()).toBe(chromium)
  })

  it('is the named one alone', () => {
    program(process.platform === 'win32' ? 'chromium.exe' : 'chromium')
    const own = program('own', 'browser')
    expect(findBrowser({ RINGZERO_CHROMIUM: own })).toBe(own)
    expect(findBrowser({ RINGZERO_CHROMIUM: join(folder, 'none') })).toBeUndefined()
  })

  it('stands on Windows among the programs, and in no PATH', () => {
    vi.stubGlobal('process', { ...process, env: process.env, platform: 'win32' })
    const edge = program('Program Files (x86)', 'Microsoft', 'Edge', 'Application', 'msedge.exe')
    const environment = {
      ProgramFiles: join(folder, 'Program Files'),
      'ProgramFiles(x86)': join(folder, 'Program Files (x86)'),
    }
    expect(findBrowser(environment)).toBe(edge)
  })

  it('is told by doctor and where a page is printed, with how to get one', async () => {
    expect(await printPage('<p>', new AbortController().signal)).toEqual({
      because: expect.stringContaining('RINGZERO_CHROMIUM') as string,
    })
    expect(browserFinding(undefined)).toMatchObject({
      state: 'degraded',
      required: false,
      message: expect.stringContaining('RINGZERO_CHROMIUM') as string,
    })
    expect(browserFinding('/b')).toMatchObject({ state: 'ok' })
  })
})
