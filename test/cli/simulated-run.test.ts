/** A whole run through the built command line, on simulated machines: folder, reports, exit codes, judging again. */
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'

const root = resolve(import.meta.dirname, '../..')
const folder = mkdtempSync(join(tmpdir(), 'rz-simulated-'))
afterAll(() => rmSync(folder, { recursive: true }))

function ringzero(...commandLine: readonly string[]): { code: number | null; out: string; err: string } {
  const done = spawnSync(process.execPath, [join(root, 'dist/main.js'), ...commandLine], {
    cwd: folder,
    encoding: 'utf8',
    env: { ...process.env, CI: 'true', NO_COLOR: '1' },
  })
  return { code: done.status, out: done.stdout, err: done.stderr }
}

function lab(name: string, faults: string): string {
  const host = `  - {name: sim, provider: simulated, capacity: {vcpus: 8, memoryMiB: 32768, machines: 8}, options: {faults: ${faults}}}`
  const path = join(folder, `${name}.yaml`)
  writeFileSync(path, `version: 1\nhosts:\n${host}\nimages:\n  - {id: micro, kind: linux-micro, os: linux}\n`)
  return path
}

writeFileSync(
  join(folder, 'matrix.yaml'),
  `version: 1
id: small
axes:
  cpu: {values: [{id: plain, machine: {cpu: {model: qemu64}}}, {id: avx, machine: {cpu: {model: max}}}]}
  memory: {values: [{id: low, machine: {memoryMiB: 256}}, {id: high, machine: {memoryMiB: 512}}]}
defaults: {image: micro}
`,
)
mkdirSync(join(folder, 'update'))
writeFileSync(join(folder, 'update/x.dat'), 'content')
const sha256 = createHash('sha256').update('content').digest('hex')
writeFileSync(
  join(folder, 'update/candidate.yaml'),
  `version: 1\nid: update\nrelease: "1"\nkind: content\nfiles: [{path: x.dat, sha256: ${sha256}}]\nrecipes: {linux: {install: {place: [{file: x.dat, to: /opt/x.dat}]}}}\n`,
)
const run = (name: string, faults: string): ReturnType<typeof ringzero> =>
  ringzero(
    'run',
    'matrix.yaml',
    '--candidate',
    'update',
    '--lab',
    lab(name, faults),
    '--run-dir',
    name,
    '--keep-going',
  )

describe('a run on simulated machines', () => {
  it('that finds nothing is inconclusive all the same: exit 3, never a release', () => {
    const { code, out, err } = run('clean', '[]')
    expect({ code, out }).toEqual({ code: 3, out: '' })
    expect(err).toContain('a simulated run releases nothing')
    for (const name of ['junit.xml', 'index.html', 'summary.md', 'report.json', 'gate.json']) {
      expect(existsSync(join(folder, 'clean/report', name))).toBe(true)
    }
  })

  it('is run once more for one cell, as the page says; a run of chosen cells releases nothing', () => {
    run('again', '[{when: {configuration: {cpu: avx}}, behaviour: boot-loop}]')
    const { cells } = JSON.parse(readFileSync(join(folder, 'again/plan.json'), 'utf8')) as {
      cells: { id: string; configuration: Record<string, string> }[]
    }
    const cellWith = (cpu: string): string =>
      cells.find(({ configuration }) => configuration['cpu'] === cpu)?.id ?? ''
    const only = (cell: string, to: string): ReturnType<typeof ringzero> =>
      ringzero('run', '--plan', 'again', '--only', cell, '--run-dir', to)
    const bad = only(cellWith('avx').slice(0, 7), 'once-bad')
    expect(bad.code, bad.err).toBe(1)
    expect(bad.err).toMatch(/^✗ 1 of 1 boot-loop: /m)
    const good = only(cellWith('plain'), 'once-good')
    expect(good.code, good.err).toBe(3)
    expect(good.err).toContain('chosen cells of a plan were run: such a run releases nothing')
    expect(only('nothing', 'never').err).toContain('the plan has no cell "nothing"')
    const { code, err } = ringzero('merge', 'once-good', '--out', 'merged')
    expect(code, err).toBe(2)
    expect(err).toContain('ran cells that a person chose')
  })

  it.each([
    ['GITHUB_ACTIONS', 'true', '::group::attempts of stage ', '::endgroup::'],
    ['GITLAB_CI', 'true', 'section_start:', 'section_end:'],
    ['TF_BUILD', 'True', '##[group]attempts of stage ', '##[endgroup]'],
  ])(
    'folds the attempts of a stage in the log of a CI system (%s), and says the decision outside',
    (name, value, start, end) => {
      const folded = spawnSync(
        process.execPath,
        [
          join(root, 'dist/main.js'),
          'run',
          'matrix.yaml',
          '--candidate',
          'update',
          '--lab',
          lab(name, '[]'),
          '--run-dir',
          name,
        ],
        { cwd: folder, encoding: 'utf8', env: { ...process.env, CI: 'true', [name]: value } },
      ).stderr
      expect(folded.split(start).length - 1).toBeGreaterThan(0)
      expect(folded.split(start)).toHaveLength(folded.split(end).length)
      expect(folded.indexOf('INCONCLUSIVE: ')).toBeGreaterThan(folded.lastIndexOf(end))
      expect(folded).toMatch(/^\d\d:\d\d:\d\d stage \S+: \w+$/m)
    },
  )

  it('tells a problem that all cells share once', () => {
    const small = join(folder, 'small-host.yaml')
    writeFileSync(
      small,
      readFileSync(lab('small', '[]'), 'utf8').replace('memoryMiB: 32768', 'memoryMiB: 200'),
    )
    const { code, err } = ringzero('plan', 'matrix.yaml', '--lab', small)
    expect(code).toBe(2)
    expect(err.match(/no host of the lab can run it/g)).toHaveLength(2)
    expect(err).toMatch(/^matrix\.yaml: cpu=\w+ memory=high, cpu=\w+ memory=high: no host/m)
    expect(err).toContain('4 of the planned cells cannot run')
  })

  it('that finds a boot loop is held: exit 1, and the value to blame is named', () => {
    const { code, err } = run('loop', '[{when: {configuration: {cpu: avx}}, behaviour: boot-loop}]')
    expect(code, err).toBe(1)
    expect(err).toMatch(/1\. cpu=avx: /)
    expect(err).toContain('HOLD')
  })

  it('is judged again from its folder alone, with the same decision', () => {
    expect(ringzero('gate', 'loop').code).toBe(1)
    const again = JSON.parse(ringzero('judge', 'loop', '--json').out) as {
      gate: { decision: string }
      counts: { fail: number }
    }
    expect([again.gate.decision, again.counts.fail]).toEqual(['hold', 2])
    const explained = ringzero(
      'explain',
      'loop',
      JSON.parse(readFileSync(join(folder, 'loop/plan.json'), 'utf8')).cells[0].id as string,
    )
    expect(explained.out).toContain('attempts')
  })

  it('is reported again with the reporters of its lab, and what was written is told on standard output', () => {
    const reporter = `{name: 'acme/count', write: async (report, gate, output) => void (await output.write('count.txt', String(report.cells.length)))}`
    writeFileSync(
      join(folder, 'acme.mjs'),
      `export default {name: 'acme', apiVersion: 1, reporters: [${reporter}]}\n`,
    )
    writeFileSync(
      join(folder, 'loop.yaml'),
      `${readFileSync(join(folder, 'loop.yaml'), 'utf8')}plugins: [{module: ./acme.mjs}]\n`,
    )
    const written = (...names: readonly string[]): string =>
      names.map((name) => `${join(folder, 'loop/report', name)}\n`).join('')
    const again = ringzero('report', 'loop')
    expect(again).toMatchObject({ code: 0, err: '' })
    expect(again.out).toBe(
      written(
        'gate.json',
        'junit.xml',
        'report.json',
        'summary.md',
        'github-comment.md',
        'index.html',
        'count.txt',
      ),
    )
    expect(readFileSync(join(folder, 'loop/report/count.txt'), 'utf8')).toBe('4')
    expect(ringzero('report', 'loop', '--format', 'acme/count').out).toBe(written('gate.json', 'count.txt'))
    const judged = ringzero('judge', 'loop')
    expect([judged.code, judged.out.split('\n').length]).toEqual([1, 8])
    expect(ringzero('report', 'loop', '--format', 'junti')).toMatchObject({
      code: 2,
      err: expect.stringContaining('did you mean "junit"?') as string,
    })
    rmSync(join(folder, 'acme.mjs'))
    const without = ringzero('report', 'loop')
    expect([without.code, without.out.includes('count.txt')]).toEqual([0, false])
    expect(without.err).toContain('the lab of this run is left out')
    expect(ringzero('report', 'loop', '--lab', 'loop.yaml').code).toBe(2)
  })

  it('is not begun twice in one folder, and resuming a complete one changes nothing', () => {
    expect(run('clean', '[]').code).toBe(2)
    expect(ringzero('resume', 'clean').code).toBe(3)
    expect(ringzero('compare', 'clean', 'loop').out).toContain('broken: 2')
  })

  it('is planned with a word about licences that end, and the plan itself is the same every day', () => {
    const path = lab('licences', '[]')
    const plain = ringzero('plan', 'matrix.yaml', '--lab', path, '--json')
    const soon = new Date(Date.now() + 5 * 86_400_000).toISOString().slice(0, 10)
    writeFileSync(path, readFileSync(path, 'utf8').replace('os: linux}', `os: linux, expires: ${soon}}`))
    const ending = ringzero('plan', 'matrix.yaml', '--lab', path, '--json')
    expect([plain.code, plain.err]).toEqual([0, ''])
    expect([ending.code, ending.err]).toEqual([0, `warn: the licence of image "micro" ends on ${soon}\n`])
    expect((JSON.parse(ending.out) as { warnings: unknown }).warnings).toEqual(
      (JSON.parse(plain.out) as { warnings: unknown }).warnings,
    )
  })

  it('coverage tells what passing machines have shown', () => {
    writeFileSync(join(folder, 'fleet.csv'), 'cpu,memory\nplain,low\navx,high\n')
    const coverage = JSON.parse(ringzero('coverage', 'loop', '--fleet', 'fleet.csv', '--json').out) as {
      fleet: { covered: number; machines: number }
    }
    expect(coverage.fleet).toMatchObject({ covered: 1, machines: 2 })
  })
})
