/** The Windows matrix and lab that ship, through the built command line: planned on the first day, growing with each product. */
import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { sha256 } from '../../src/kit/hash.ts'
import type { Plan } from '../../src/model/plan.ts'

const root = resolve(import.meta.dirname, '../..')
const folder = mkdtempSync(join(tmpdir(), 'rz-neighbours-'))
afterAll(() => rmSync(folder, { recursive: true }))
cpSync(join(root, 'fixtures/products/windows'), join(folder, 'fixtures/products/windows'), {
  recursive: true,
})
cpSync(join(root, 'fixtures/labs/windows.lab.yaml'), join(folder, 'fixtures/labs/windows.lab.yaml'))
cpSync(join(root, 'matrices'), join(folder, 'matrices'), { recursive: true })

function ringzero(...commandLine: readonly string[]): { code: number | null; out: string; err: string } {
  const done = spawnSync(process.execPath, [join(root, 'dist/main.js'), ...commandLine], {
    cwd: folder,
    encoding: 'utf8',
    env: { ...process.env, CI: 'true', NO_COLOR: '1' },
  })
  return { code: done.status, out: done.stdout, err: done.stderr }
}

const LAB = ['--lab', 'fixtures/labs/windows.lab.yaml']
function plan(): Plan {
  const { code, out, err } = ringzero('plan', 'matrices/windows-endpoint.yaml', ...LAB, '--json')
  expect({ code, err }).toEqual({ code: 0, err: '' })
  return JSON.parse(out) as Plan
}
const withheld = (of: Plan): Record<string, string> =>
  Object.fromEntries((of.withheld ?? []).map(({ axis, value, reason }) => [`${axis}=${value}`, reason]))
const besides = (of: Plan): string[] => [
  ...new Set(of.cells.map(({ configuration }) => configuration['beside'] ?? '')),
]

const SYSMON = join(folder, 'fixtures/products/windows/sysmon')
const sysmonFile = join(SYSMON, 'product.yaml')
const unpinned = readFileSync(sysmonFile, 'utf8')
const pin = (hash: string): void =>
  writeFileSync(
    sysmonFile,
    unpinned.replace('{ path: Sysmon64.exe }', `{ path: Sysmon64.exe, sha256: ${hash} }`),
  )

describe('the Windows matrix and lab that ship', () => {
  it('plan on the first day, with what Windows brings, and say what is left out and why', () => {
    const first = plan()
    expect(besides(first)).toEqual(['defender'])
    expect(first.cells.length).toBeGreaterThan(15)
    expect(withheld(first)['beside=sysmon']).toMatch(
      /product "sysmon" is not in place: there is no file "Sysmon64.exe"; get it from https:/,
    )
    expect(withheld(first)['policy=verifier']).toContain('a placeholder')
    expect(first.infeasible.map(({ values }) => values)).toContainEqual({ beside: 'sysmon' })
    expect(first.warnings.join('\n')).toContain('the seed build=win11-24h2')
  })

  it('say in doctor what is missing, where to get it and where it belongs', () => {
    const { out } = ringzero('doctor', ...LAB, '--json')
    const { findings } = JSON.parse(out) as {
      findings: { id: string; state: string; message: string; required: boolean }[]
    }
    const sysmon = findings.find(({ id }) => id === 'product-sysmon')
    expect(sysmon).toMatchObject({ state: 'missing', required: false })
    expect(sysmon?.message).toContain('get it from https://learn.microsoft.com/')
    expect(sysmon?.message).toContain(SYSMON)
  })

  it('a file without a hash is not taken; the hash to write is told', () => {
    writeFileSync(join(SYSMON, 'Sysmon64.exe'), 'setup')
    expect(withheld(plan())['beside=sysmon']).toContain(
      `no sha256 pins it; if this is the file that you mean, write sha256: ${sha256('setup')}`,
    )
  })

  it('a product that is put in place grows the plan by its own cells', () => {
    pin(sha256('setup'))
    const grown = plan()
    expect(besides(grown).toSorted()).toEqual(['defender', 'sysmon'])
    expect(Object.keys(withheld(grown))).not.toContain('beside=sysmon')
    expect(Object.keys(withheld(grown))).toContain('beside=sysmon-osquery')
  })

  it('a file with other bits than its hash says is an error', () => {
    pin(sha256('another setup'))
    const { code, err } = ringzero('plan', 'matrices/windows-endpoint.yaml', ...LAB)
    expect(code).toBe(2)
    expect(err).toContain('"Sysmon64.exe" has another sha256 than the pinned one')
    expect(err).toContain('field: files[0].sha256')
  })

  it('Driver Verifier that names drivers of somebody’s own is planned again', () => {
    pin(sha256('setup'))
    const file = join(folder, 'fixtures/products/windows/driver-verifier/product.yaml')
    const text = readFileSync(file, 'utf8')
    writeFileSync(file, text.replace('/driver, your-driver.sys]', '/driver, acmeflt.sys]'))
    expect(Object.keys(withheld(plan()))).not.toContain('policy=verifier')
    writeFileSync(file, text)
  })
})

describe('a run while a product is not in place', () => {
  it('tests the rest, and its report says what share of the fleet it says nothing of', () => {
    mkdirSync(join(folder, 'sensor'))
    writeFileSync(
      join(folder, 'sensor/product.yaml'),
      'version: 1\nid: sensor\ntitle: Sensor\nrelease: "1"\nkind: content\nfiles: [{path: sensor.bin}]\nrecipes: {linux: {install: {place: [{file: sensor.bin, to: /opt/sensor.bin}]}}}\nhealth: {linux: {services: [sensor]}}\n',
    )
    writeFileSync(
      join(folder, 'simulated.lab.yaml'),
      'version: 1\nhosts: [{name: sim, provider: simulated, capacity: {vcpus: 8, memoryMiB: 32768, machines: 8}}]\nimages: [{id: micro, kind: linux-micro, os: linux}]\nproducts: [{folder: sensor}]\n',
    )
    writeFileSync(
      join(folder, 'small.yaml'),
      'version: 1\nid: small\naxes:\n  memory: {values: [{id: low, machine: {memoryMiB: 256}}, {id: high, machine: {memoryMiB: 512}}]}\n  beside: {values: [{id: nothing, weight: 3}, {id: sensor, weight: 1, products: [sensor]}]}\ndefaults: {image: micro}\n',
    )
    mkdirSync(join(folder, 'update'))
    writeFileSync(join(folder, 'update/x.dat'), 'content')
    writeFileSync(
      join(folder, 'update/candidate.yaml'),
      `version: 1\nid: update\nrelease: "1"\nkind: content\nfiles: [{path: x.dat, sha256: ${sha256('content')}}]\nrecipes: {linux: {install: {place: [{file: x.dat, to: /opt/x.dat}]}}}\n`,
    )
    const inputs = ['small.yaml', '--candidate', 'update', '--lab', 'simulated.lab.yaml']
    const { code, err } = ringzero('run', ...inputs, '--run-dir', 'run')
    expect(code, err).toBe(3)
    const report = JSON.parse(readFileSync(join(folder, 'run/report/report.json'), 'utf8')) as {
      coverage: {
        judged: { strength: number; covered: number; feasible: number }[]
        fleetShare: number
        gaps: string[]
      }
    }
    const { judged, fleetShare, gaps } = report.coverage
    expect(gaps[0]).toBe(
      'Nothing was tested with beside=sensor, 25 % of the fleet by weight: product "sensor" is not in place: there is no file "sensor.bin".',
    )
    const pairs = judged.find(({ strength }) => strength === 2)
    expect([pairs?.covered, pairs?.feasible]).toEqual([2, 2])
    expect(fleetShare).toBeGreaterThan(0.7)
    expect(fleetShare).toBeLessThan(0.8)
  })
})
