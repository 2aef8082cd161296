/** As a new user: an update and an empty folder, then `init`, then a plan. */
import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { notOnWindows } from '../windows-host/not-on-windows.ts'

const root = resolve(import.meta.dirname, '../..')
const folders: string[] = []
let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rz-init-'))
  folders.push(folder)
})
afterAll(() => folders.forEach((name) => rmSync(name, { recursive: true })))

interface Ended {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

function ringzero(...commandLine: readonly string[]): Ended {
  const quick = commandLine[0] === 'plan' || commandLine[0] === 'run' ? ['--effort', '0'] : []
  const done = spawnSync(process.execPath, [join(root, 'dist/main.js'), ...commandLine, ...quick], {
    cwd: folder,
    encoding: 'utf8',
    env: { ...process.env, CI: 'true', NO_COLOR: '1' },
  })
  return { code: done.status, out: done.stdout, err: done.stderr }
}

function write(files: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), text)
  }
}

const read = (name: string): string => readFileSync(join(folder, name), 'utf8')

/** Each schema line of these files points at a schema that is there and that the file keeps. */
function checkSchemas(...names: readonly string[]): void {
  for (const name of names) {
    const text = read(name)
    const schema = /^# yaml-language-server: \$schema=(\S+)\n/.exec(text)?.[1] ?? 'no schema line'
    const validate = new Ajv2020({ strict: false, formats: { date: true, 'date-time': true } }).compile(
      JSON.parse(readFileSync(join(folder, dirname(name), schema), 'utf8')) as object,
    )
    expect({ name, valid: validate(parse(text)), errors: validate.errors }).toEqual({
      name,
      valid: true,
      errors: null,
    })
  }
}

const DRIVER = {
  'acme/acmeflt.inf':
    '[Version]\nSignature="$WINDOWS NT$"\nClass=ActivityMonitor\nDriverVer=08/01/2026,7.11.1.0\nCatalogFile=acmeflt.cat\n',
  'acme/acmeflt.sys': 'a driver',
  'acme/acmeflt.cat': 'a catalogue',
}

describe('a driver package', () => {
  it('is planned beside the shipped Windows matrix by init alone, Driver Verifier on its drivers included', () => {
    write(DRIVER)
    const made = ringzero('init', 'acme')
    expect(made).toMatchObject({ code: 0, err: '' })
    expect(made.out).toContain('ringzero plan matrix.yaml --candidate acme --lab lab.yaml')
    expect(made.out).not.toContain('What only you know')
    expect(made.out).toMatch(
      /media[^]*RINGZERO_GUEST_PASSWORD[^]*\n {2}ringzero images build --lab lab\.yaml\n {2}ringzero run /,
    )
    const plan = ringzero('plan', 'matrix.yaml', '--candidate', 'acme', '--lab', 'lab.yaml', '--json')
    expect(plan.code, plan.err).toBe(0)
    const policies = (planned: string): (string | undefined)[] =>
      (JSON.parse(planned) as { cells: { configuration: Record<string, string> }[] }).cells.map(
        ({ configuration }) => configuration['policy'],
      )
    expect(policies(plan.out)).toContain('verifier')
    // A copy, since a plan makes the lab's store beside its file.
    for (const part of ['labs/windows.lab.yaml', 'products/windows'])
      cpSync(join(root, 'fixtures', part), join(folder, 'shipped', part), { recursive: true })
    const lab = 'shipped/labs/windows.lab.yaml'
    const matrix = join(root, 'matrices/windows-endpoint.yaml')
    const shipped = ringzero('plan', matrix, '--candidate', 'acme', '--json', '--lab', lab)
    expect(shipped.code, shipped.out + shipped.err).toBe(0)
    // The placeholder that ships watches no driver of anybody: only there the value "verifier" has no cells.
    expect(policies(shipped.out)).not.toContain('verifier')
    expect(parse(read('acme/candidate.yaml'))).toMatchObject({
      id: 'acme',
      kind: 'driver',
      release: '7.11.1.0',
      files: [{ path: 'acmeflt.cat' }, { path: 'acmeflt.inf' }, { path: 'acmeflt.sys' }],
    })
    checkSchemas('matrix.yaml', 'lab.yaml', 'policy.yaml', 'acme/candidate.yaml')
    checkSchemas('products/driver-verifier/product.yaml', 'products/crowdstrike-falcon/product.yaml')
  })

  it('that lies in the project’s own folder is told from what init wrote', () => {
    write(Object.fromEntries(Object.entries(DRIVER).map(([name, text]) => [name.slice(5), text])))
    expect(ringzero('init', '.', '--id', 'acme').code).toBe(0)
    expect(ringzero('init', '.', '--id', 'acme').out).toContain('everything is there already')
    expect(ringzero('candidate', 'hash', '.', '--all').out).toBe('unchanged: 3\n')
    expect(ringzero('plan', 'matrix.yaml', '--candidate', '.', '--lab', 'lab.yaml').code).toBe(0)
  })

  it('with an INF in UTF-16, as Windows kits write it, has its version all the same', () => {
    write(DRIVER)
    writeFileSync(join(folder, 'acme/acmeflt.inf'), `\ufeff${DRIVER['acme/acmeflt.inf']}`, 'utf16le')
    expect(ringzero('init', 'acme').code).toBe(0)
    expect(read('acme/candidate.yaml')).toContain('release: 7.11.1.0 # DriverVer of acmeflt.inf')
  })
})

describe('what the files do not say', () => {
  it('is an error where nothing can be written without it, with the flags that say it', () => {
    write({ 'content/291.bin': 'x' })
    const { code, err } = ringzero('init', 'content')
    expect({ code, err }).toEqual({
      code: 2,
      err: 'error: Which guests is it for?\n  fix: say --guest windows|linux, or answer on a terminal\n  more: ringzero explain USAGE\n',
    })
    write({ 'both/a.msi': 'x', 'both/b.exe': 'y', 'drivers/a.inf': '', 'drivers/b.inf': '' })
    expect(ringzero('init', 'both').err).toContain('--kind msi|exe')
    expect(ringzero('init', 'drivers').err).toContain('--main a.inf|b.inf')
    expect(existsSync(join(folder, 'matrix.yaml'))).toBe(false)
  })

  it('is a TODO of candidate.yaml with its line, never a guess: a plan names the same place', () => {
    write({ 'tool/setup.exe': 'MZ … Nullsoft.NSIS.exehead …' })
    const { code, out } = ringzero('init', 'tool/setup.exe')
    expect(code).toBe(0)
    expect(out).toMatch(
      /tool[\\/]candidate\.yaml:\d+: the arguments with which it installs without a person; it was made with NSIS, whose manual says \/S/,
    )
    checkSchemas('tool/candidate.yaml')
    expect(parse(read('tool/candidate.yaml'))).toMatchObject({ kind: 'exe', release: 'TODO' })
    expect(parse(read('tool/candidate.yaml'))).not.toHaveProperty('recipes')
    expect(ringzero('plan', 'matrix.yaml', '--lab', 'lab.yaml').code).toBe(0)
    const plan = ringzero('plan', 'matrix.yaml', '--lab', 'lab.yaml', '--candidate', 'tool')
    expect([plan.code, plan.err]).toEqual([2, expect.stringContaining('kind exe has no recipe')])
  })

  it('can be said by flags: a setup program that is complete', () => {
    write({ 'tool/setup.exe': 'MZ' })
    const said = ['--argument=/S', '--argument=/D=C:\\Tool', '--verify', 'C:\\Tool\\tool.exe']
    const made = ringzero(
      'init',
      'tool',
      ...said,
      '--uninstall',
      'C:\\Tool\\uninstall.exe',
      '--release',
      '2.0',
    )
    expect(made).toMatchObject({ code: 0, err: '' })
    expect(made.out).not.toContain('What only you know')
    expect(ringzero('plan', 'matrix.yaml', '--lab', 'lab.yaml', '--candidate', 'tool').code).toBe(0)
    expect(parse(read('tool/candidate.yaml'))).toMatchObject({
      release: '2.0',
      recipes: {
        windows: {
          install: { run: [{ program: '${files}\\setup.exe', arguments: ['/S', '/D=C:\\Tool'] }] },
          verify: { files: [{ path: 'C:\\Tool\\tool.exe' }] },
          rollback: { run: [{ program: 'C:\\Tool\\uninstall.exe', arguments: [] }] },
        },
      },
    })
  })
})

describe('a Linux update', () => {
  it('is planned on the QEMU lab of this computer', notOnWindows('QEMU'), () => {
    write({ 'tool/install.sh': '#!/bin/sh\n', 'tool/remove.sh': '#!/bin/sh\n', 'tool/data.bin': 'x' })
    const said = ['--main', 'install.sh', '--verify', '/opt/tool/tool', '--uninstall', 'remove.sh']
    expect(ringzero('init', 'tool', ...said, '--release', '1')).toMatchObject({ code: 0, err: '' })
    const plan = ringzero('plan', 'matrix.yaml', '--candidate', 'tool', '--lab', 'lab.yaml', '--json')
    expect(plan.code, plan.err).toBe(0)
    expect((JSON.parse(plan.out) as { cells: unknown[] }).cells.length).toBeGreaterThan(3)
    checkSchemas('matrix.yaml', 'lab.yaml', 'policy.yaml', 'tool/candidate.yaml')
  })

  it('of content goes where it was said, and a run on simulated machines ends without a release', () => {
    write({ 'content/291.bin': 'x' })
    const said = [
      '--guest',
      'linux',
      '--to',
      '/opt/acme',
      '--provider',
      'simulated',
      '--policy',
      'security-content',
    ]
    expect(ringzero('init', 'content', ...said)).toMatchObject({ code: 0, err: '' })
    const files = ['--candidate', 'content', '--lab', 'lab.yaml', '--policy', 'policy.yaml']
    const run = ringzero('run', 'matrix.yaml', ...files)
    expect([run.code, run.err]).toEqual([3, expect.stringContaining('a simulated run releases nothing')])
  })
})

describe('files that are there', () => {
  it('are never replaced without --force: nothing is written then', () => {
    write({ ...DRIVER, 'lab.yaml': 'mine\n' })
    const { code, err } = ringzero('init', 'acme')
    expect([code, err]).toEqual([2, expect.stringContaining('lab.yaml: is there with another text')])
    expect([read('lab.yaml'), existsSync(join(folder, 'matrix.yaml'))]).toEqual(['mine\n', false])
    expect(ringzero('init', 'acme', '--force').code).toBe(0)
    expect(read('lab.yaml')).toContain('hyper-v')
  })
})

describe('a fleet', () => {
  it('becomes weights; what it does not have is said', () => {
    write({
      ...DRIVER,
      'fleet.csv': 'host,build,beside\na,win11-24h2,defender\nb,Windows 11 24H2,defender\nc,win7,sophos\n',
    })
    const { code, out, err } = ringzero('init', 'acme', '--fleet', 'fleet.csv')
    expect({ code, err }).toEqual({ code: 0, err: '' })
    expect(out).toContain('weights: from 3 machines')
    expect(out).toContain('no column for: hardware, role, policy')
    expect(out).toContain('not in the matrix: build=win7, 1 machines')
    const { axes } = parse(read('matrix.yaml')) as {
      axes: Record<string, { values: { id: string; weight: number }[] }>
    }
    const weights = (axis: string): Record<string, number> =>
      Object.fromEntries((axes[axis]?.values ?? []).map(({ id, weight }) => [id, weight]))
    expect(weights('build')).toMatchObject({ 'win11-24h2': 2, 'win11-25h2': 0 })
    expect(weights('beside')).toMatchObject({ defender: 2, sophos: 1, cisco: 0 })
    expect(weights('hardware')).toMatchObject({ 'uefi-secure': 70 })
    const text = read('matrix.yaml')
    expect(text).not.toContain('THE WEIGHTS ARE PLACEHOLDERS')
    expect(text).toContain('# What the fleet runs most must not be left to chance.')
    expect(ringzero('plan', 'matrix.yaml', '--lab', 'lab.yaml').code).toBe(0)
  })

  it('of other axes is refused', () => {
    write({ ...DRIVER, 'fleet.csv': 'a,b\n1,2\n' })
    expect(ringzero('init', 'acme', '--fleet', 'fleet.csv')).toMatchObject({
      code: 2,
      err: expect.stringContaining(
        'name columns after axes: build, hardware, beside, role, policy',
      ) as string,
    })
  })
})

describe('candidate hash', () => {
  it('renews what was built anew and keeps comments; what is new or gone is said, and taken with --all', () => {
    write(DRIVER)
    ringzero('init', 'acme')
    const before = read('acme/candidate.yaml')
    write({ 'acme/acmeflt.sys': 'built again', 'acme/readme.txt': 'new' })
    expect(ringzero('candidate', 'hash', 'acme').out).toBe(
      'renewed: acmeflt.sys\nnot listed (--all lists it): readme.txt\nunchanged: 2\n',
    )
    const comments = (text: string): readonly string[] => text.match(/#.*/g) ?? []
    expect(comments(read('acme/candidate.yaml'))).toEqual(comments(before))
    expect(ringzero('plan', 'matrix.yaml', '--candidate', 'acme').code).toBe(0)
    rmSync(join(folder, 'acme/acmeflt.cat'))
    expect(ringzero('candidate', 'hash', 'acme')).toMatchObject({
      code: 2,
      err: expect.stringContaining('there is no file "acmeflt.cat"') as string,
    })
    expect(ringzero('candidate', 'hash', 'acme/acmeflt.sys', '--all').out).toBe(
      'added: readme.txt\nremoved: acmeflt.cat\nunchanged: 2\n',
    )
    expect(ringzero('plan', 'matrix.yaml', '--candidate', 'acme').code).toBe(0)
    expect(ringzero('candidate', 'hash', 'nowhere').err).toContain('ringzero init nowhere')
  })
})

it('a project can be made beside the update’s folder', () => {
  write(DRIVER)
  cpSync(join(folder, 'acme'), join(folder, 'my packages'), { recursive: true })
  const made = ringzero('init', 'my packages', '--folder', 'project')
  expect(made).toMatchObject({ code: 0, err: '' })
  const candidate = join(folder, 'my packages')
  expect(made.out).toContain(`--candidate "${candidate}"`)
  expect(read('my packages/candidate.yaml')).toContain('$schema=../project/schemas/candidate.schema.json')
  expect(
    ringzero('plan', 'project/matrix.yaml', '--candidate', candidate, '--lab', 'project/lab.yaml').code,
  ).toBe(0)
})
