/** `ringzero rings` as a user meets it, on a recorded run of simulated machines. */
import { spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { RingPlanSchema } from '../../src/model/rings.ts'

const root = resolve(import.meta.dirname, '../..')
const folder = mkdtempSync(join(tmpdir(), 'rz-rings-cli-'))
afterAll(() => rmSync(folder, { recursive: true, maxRetries: 5 }))

const HEAD = 'build,product,cpu'
const line = (at: number): string =>
  [
    at % 3 === 0 ? 'micro-6.1' : 'micro-6.12',
    at % 10 === 0 ? 'netwatch' : 'none',
    at % 2 === 0 ? 'max' : 'qemu64',
  ].join()

beforeAll(() => {
  for (const name of ['good', 'boot-loop-on-a-pair'])
    cpSync(join(root, 'fixtures/journals', name), join(folder, name), { recursive: true })
  const machines = Array.from({ length: 500 }, (_, at) => line(at))
  writeFileSync(join(folder, 'fleet.csv'), `${[HEAD, ...machines].join('\n')}\n`)
})

function ringzero(...commandLine: readonly string[]): { code: number | null; out: string; err: string } {
  const done = spawnSync(process.execPath, [join(root, 'dist/main.js'), ...commandLine], {
    cwd: folder,
    encoding: 'utf8',
    env: { ...process.env, CI: 'true', NO_COLOR: '1' },
  })
  return { code: done.status, out: done.stdout, err: done.stderr }
}
const rings = (run: string, ...more: readonly string[]): ReturnType<typeof ringzero> =>
  ringzero('rings', run, '--fleet', 'fleet.csv', '--budget', '10', ...more)

/** A report of ring 1 in which every machine ran for these hours, and the first `failed` failed. */
function report(name: string, run: string, hours: number, failed: number): string {
  const plan = RingPlanSchema.parse(JSON.parse(rings(run, '--json').out))
  const machines = (plan.rings[0]?.take ?? []).flatMap((entry) =>
    Array.from({ length: entry.machines }, () => Object.values(entry.configuration).join()),
  )
  const lines = machines.map((machine, at) => `${machine},${at < failed ? 'yes' : 'no'},${hours}`)
  writeFileSync(join(folder, name), `${[`${HEAD},failed,hours`, ...lines].join('\n')}\n`)
  return name
}

describe('ringzero rings', () => {
  test('--json is one document of its schema; --html writes a page that runs nothing foreign', () => {
    const { code, out, err } = rings('good', '--json', '--html', 'rings.html')
    expect(code, err).toBe(0)
    const plan = RingPlanSchema.parse(JSON.parse(out))
    expect(plan).toMatchObject({ schema: 'ringzero/rings/1', fleet: 500, budget: 10 })
    expect(plan.rings.at(-1)?.cumulative).toBe(500 - plan.heldBack)
    expect(plan.decision).toBeUndefined()
    expect(err).toContain('page: ')
    expect(readFileSync(join(folder, 'rings.html'), 'utf8')).toContain("default-src 'none'")
    expect(rings('good', '--html', 'rings.html')).toMatchObject({ code: 2, out: '' })
  })

  test('tells people within 80 columns', () => {
    const { code, out } = rings('good')
    expect(code).toBe(0)
    expect(out).toContain('recovery proven in the lab')
    expect(Math.max(...out.split('\n').map(({ length }) => length))).toBeLessThanOrEqual(80)
  })

  test('the gate of a run that found a failure holds every ring: exit 1', () => {
    const { code, out } = rings(
      'boot-loop-on-a-pair',
      '--observed',
      report('held.csv', 'boot-loop-on-a-pair', 48, 0),
    )
    expect({ code, out }).toMatchObject({
      code: 1,
      out: expect.stringContaining('HOLD on ring 2: the gate') as string,
    })
  })

  test('too many failures hold, and no simulated run ever says go: exit 1 and 3', () => {
    expect(rings('good', '--observed', report('bad.csv', 'good', 48, 9)).code).toBe(1)
    const { simulated, gate } = RingPlanSchema.parse(JSON.parse(rings('good', '--json').out))
    const clean = rings('good', '--observed', report('clean.csv', 'good', 48, 0))
    expect({ code: clean.code, gate }).toEqual(
      simulated ? { code: 3, gate: 'inconclusive' } : { code: 0, gate: 'release' },
    )
    expect(rings('good', '--observed', report('early.csv', 'good', 2, 0)).code).toBe(3)
  })

  test('a wrong report is exit 2 with line, field and fix', () => {
    writeFileSync(join(folder, 'wrong.csv'), `${HEAD},failed,hours\nmicro-6.1,none,max,perhaps,3\n`)
    const { code, out, err } = rings('good', '--observed', 'wrong.csv')
    expect({ code, out }).toEqual({ code: 2, out: '' })
    expect(err).toContain('wrong.csv:2: "perhaps" does not say')
    expect(err).toContain('fix: write yes or no')
  })
})
