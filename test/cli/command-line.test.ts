/** The built command line as a user meets it: documents on standard output, people's text on standard error, exit codes. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'

const root = resolve(import.meta.dirname, '../..')
const folder = mkdtempSync(join(tmpdir(), 'rz-cli-'))
afterAll(() => rmSync(folder, { recursive: true }))

function ringzero(...commandLine: readonly string[]): { code: number | null; out: string; err: string } {
  const done = spawnSync(process.execPath, [join(root, 'dist/main.js'), ...commandLine], {
    cwd: folder,
    encoding: 'utf8',
    env: { ...process.env, CI: 'true', NO_COLOR: '1' },
  })
  return { code: done.status, out: done.stdout, err: done.stderr }
}

const MATRIX = `version: 1
id: small
axes:
  build: {values: [{id: w10, weight: 1}, {id: w11, weight: 3}]}
  tpm: {values: [{id: none}, {id: chip}]}
  memory: {values: [{id: small, machine: {memoryMiB: 512}}, {id: big, machine: {memoryMiB: 2048}}]}
constraints:
  - {when: {build: w11}, require: {tpm: chip}, reason: Windows 11 needs a TPM}
`
const matrix = join(folder, 'matrix.yaml')
writeFileSync(matrix, MATRIX)

describe('ringzero plan', () => {
  it('--json prints one document with cells, and nothing else', () => {
    const { code, out, err } = ringzero('plan', matrix, '--json')
    expect({ code, err }).toEqual({ code: 0, err: '' })
    const plan = JSON.parse(out) as {
      schema: string
      cells: { id: string; stage: string; configuration: Record<string, string> }[]
    }
    expect(plan.schema).toBe('ringzero/plan/1')
    expect(plan.cells.every(({ id, stage }) => /^[0-9a-f]{12}$/.test(id) && stage !== '')).toBe(true)
    expect(
      plan.cells.some(
        ({ configuration }) => configuration['build'] === 'w11' && configuration['tpm'] === 'none',
      ),
    ).toBe(false)
  })

  it('the same inputs and seed give the same bytes', () => {
    expect(ringzero('plan', matrix, '--json', '--seed', '7').out).toBe(
      ringzero('plan', matrix, '--json', '--seed', '7').out,
    )
  })

  it('tells people what is impossible and why, within 80 columns', () => {
    const { out } = ringzero('plan', matrix)
    expect(out).toContain('build=w11 tpm=none: Windows 11 needs a TPM')
    expect(out).toContain('pairs: 11 of 11 (100 %)')
    const table = out.split('\n').filter((line) => line.includes('──') || /^[0-9a-f]{7} /.test(line))
    expect(Math.max(...table.map((line) => line.length))).toBeLessThanOrEqual(80)
  })
})

describe('ringzero explain', () => {
  it('says what the code of an error means and what to do, as the error itself promises', () => {
    const { code, out } = ringzero('explain', 'host_disk_full')
    expect(code).toBe(0)
    expect(out).toMatch(/^HOST_DISK_FULL: .+\.\n {2}fault: the lab’s, .+\n {2}fix: .+\n$/)
    expect(JSON.parse(ringzero('explain', 'RUN_LOCKED', '--json').out)).toMatchObject({
      schema: 'ringzero/error-codes/1',
      codes: { RUN_LOCKED: { fix: expect.stringContaining('resume') as string } },
    })
  })

  it('lists all codes, and ends with 2 for what is none', () => {
    expect(ringzero('explain', '--list').out).toContain('\nINPUT_INVALID: ')
    expect(ringzero('explain', 'RUN_LOKED')).toMatchObject({ code: 2, out: '' })
    expect(ringzero('explain', 'RUN_LOKED').err).toContain('fix: did you mean RUN_LOCKED?')
    expect(ringzero('explain').code).toBe(2)
  })
})

describe('bad input', () => {
  it('a wrong matrix is exit 2 with file, line, field and fix, and nothing on standard output', () => {
    const wrong = join(folder, 'wrong.yaml')
    writeFileSync(wrong, MATRIX.replace('constraints', 'constrains'))
    expect(ringzero('plan', wrong)).toEqual({
      code: 2,
      out: '',
      err: 'wrong.yaml:7:1: unknown field "constrains"\n  field: constrains\n  fix: did you mean "constraints"?\nerror: the matrix has a problem\n  more: ringzero explain INPUT_INVALID\n',
    })
  })

  it('with --json the error is the document', () => {
    const { code, out } = ringzero('plan', 'nowhere.yaml', '--json')
    expect(code).toBe(2)
    expect(JSON.parse(out)).toMatchObject({
      schema: 'ringzero/error/1',
      error: { code: 'INPUT_MISSING', fault: 'user' },
    })
  })

  it.each([
    [['run', matrix], 'candidate'],
    [['plan', matrix, '--strength', '9'], '--strength'],
    [['nonsense'], 'nonsense'],
    [['gate', folder], 'is no plan of a run'],
    [['run', matrix, '--candidate', folder, '--lab', 'nowhere.yaml'], 'there is no such lab'],
  ])('%s is exit 2 and says why', (commandLine, reason) => {
    const { code, out, err } = ringzero(...commandLine)
    expect({ code, out }).toEqual({ code: 2, out: '' })
    expect(err).toContain(reason)
  })
})

it('--version and --help answer without reading anything', () => {
  expect(ringzero('--version').out).toMatch(/^ringzero\/\d+\.\d+\.\d+ /)
  expect(ringzero('run', '--help').out).toContain('--candidate')
})
