/** Commands that look at hosts, through the built command line on simulated ones. */
import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { systemClock } from '../../src/kit/clock.ts'
import { writeSimulatedProject } from '../stand-ins/simulated-project.ts'

const main = resolve(import.meta.dirname, '../../dist/main.js')
const folder = mkdtempSync(join(tmpdir(), 'rz-hosts-'))
afterAll(() => rmSync(folder, { recursive: true }))

const values = Array.from({ length: 10 }, (_, at) => ({ id: `v${at}` }))
writeSimulatedProject(folder, {
  id: 'killed',
  axes: { one: { values }, two: { values }, three: { values } },
  capacity: { vcpus: 64, memoryMiB: 32_768, machines: 16 },
})
const env = { ...process.env, CI: 'true', NO_COLOR: '1' }

function ringzero(...commandLine: readonly string[]): { code: number | null; out: string; err: string } {
  const done = spawnSync(process.execPath, [main, ...commandLine], { cwd: folder, encoding: 'utf8', env })
  return { code: done.status, out: done.stdout, err: done.stderr }
}

/** Files that are simulated machines. */
function machines(): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((path) =>
    /simulated-machines\/.+\.json$/.test(path),
  )
}

it('sweep removes the machines of a run that was killed, and says so; then nothing is left', async () => {
  const run = spawn(
    process.execPath,
    [main, 'run', 'matrix.yaml', '--candidate', 'update', '--run-dir', 'killed'],
    { cwd: folder, env, stdio: 'ignore' },
  )
  const gone = new Promise((done) => run.once('close', done))
  while (machines().length === 0 && run.exitCode === null) await systemClock.sleep(20)
  run.kill('SIGKILL')
  await gone
  const left = machines().length
  expect(left).toBeGreaterThan(0)
  const { code, err } = ringzero('sweep')
  expect(code, err).toBe(0)
  expect(err.match(/^removed rz-/gm)).toHaveLength(left)
  expect(machines()).toEqual([])
  expect(JSON.parse(ringzero('sweep', '--json').out)).toEqual({
    schema: 'ringzero/sweep/1',
    removed: [],
    left: [],
    failed: [],
  })
})

it('doctor says whether the hosts of a lab can be used, and probes them with a machine', () => {
  expect(ringzero('doctor', '--lab', 'lab.yaml', '--json')).toMatchObject({
    code: 0,
    out: expect.stringContaining('"ready": true') as string,
  })
  const probed = ringzero('doctor', '--lab', 'lab.yaml', '--probe')
  expect(probed.out + probed.err).toContain('sim')
  expect(machines()).toEqual([])
})

it.each(['matrix', 'candidate', 'product', 'lab', 'policy', 'partners', 'plan', 'report', 'gate'])(
  'schema prints the JSON Schema of %s',
  (format) => {
    const { code, out } = ringzero('schema', format)
    expect(code).toBe(0)
    expect(JSON.parse(out)).toMatchObject({ $schema: expect.any(String) as string, type: 'object' })
  },
)

it('schema names the formats that it has when it is asked for another', () => {
  expect(ringzero('schema', 'recipe')).toMatchObject({
    code: 2,
    err: expect.stringContaining('candidate') as string,
  })
})
