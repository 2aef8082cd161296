/** `ringzero history` and `ringzero compare` as a user meets them. */
import { spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

const root = resolve(import.meta.dirname, '../..')
const folder = mkdtempSync(join(tmpdir(), 'rz-history-cli-'))
afterAll(() => rmSync(folder, { recursive: true, maxRetries: 5 }))
beforeAll(() => {
  for (const name of ['good', 'boot-loop-on-a-pair'])
    cpSync(join(root, 'fixtures/journals', name), join(folder, 'runs', name), { recursive: true })
})

function ringzero(...commandLine: readonly string[]): { code: number | null; out: string; err: string } {
  const done = spawnSync(process.execPath, [join(root, 'dist/main.js'), ...commandLine], {
    cwd: folder,
    encoding: 'utf8',
    env: { ...process.env, CI: 'true', NO_COLOR: '1' },
  })
  return { code: done.status, out: done.stdout, err: done.stderr }
}

describe('ringzero history', () => {
  test('--json prints one document; --html writes a new page and says where', () => {
    const { code, out, err } = ringzero(
      'history',
      'runs/boot-loop-on-a-pair',
      '--json',
      '--html',
      'history.html',
    )
    expect(code).toBe(0)
    expect(JSON.parse(out)).toMatchObject({ schema: 'ringzero/history/1', runs: [{ decision: 'hold' }] })
    expect(err).toContain('page: ')
    expect(readFileSync(join(folder, 'history.html'), 'utf8')).toContain("default-src 'none'")
    expect(ringzero('history', 'runs', '--html', 'history.html')).toMatchObject({ code: 2, out: '' })
  })

  test('tells people the failures within 80 columns of table', () => {
    const { code, out } = ringzero('history', 'runs/boot-loop-on-a-pair')
    expect(code).toBe(0)
    expect(out).toContain('1 run, 2 different failures')
    expect(out).toContain('new: the kernel died in sensor')
    const table = out.split('\n').filter((line) => line.includes('──'))
    expect(Math.max(...table.map((line) => line.length))).toBeLessThanOrEqual(80)
  })

  test('a folder without runs is exit 2 with a fix', () => {
    const { code, err } = ringzero('history', 'nowhere')
    expect(code).toBe(2)
    expect(err).toContain('is no run and holds none\n  fix: give folders of runs')
  })
})

test('ringzero compare --html writes the page beside what it prints', () => {
  const { code, out, err } = ringzero(
    'compare',
    'runs/good',
    'runs/boot-loop-on-a-pair',
    '--html',
    'compare.html',
  )
  expect(code).toBe(0)
  expect(out).toContain('broken: 2')
  expect(err).toContain('compare.html')
})

test('ringzero report --against says in report.json which failures are new', () => {
  const { code } = ringzero(
    'report',
    'runs/boot-loop-on-a-pair',
    '--against',
    'runs/good',
    '--format',
    'json',
  )
  expect(code).toBe(0)
  const report = JSON.parse(
    readFileSync(join(folder, 'runs/boot-loop-on-a-pair/report/report.json'), 'utf8'),
  ) as object
  expect(report).toMatchObject({ earlier: { known: [], gone: [] } })
})
