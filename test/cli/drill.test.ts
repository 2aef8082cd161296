/** `ringzero drill` as a user meets it, on simulated machines: a gate that is alive, and gates that are blind. */
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { DrillReceiptSchema, type DrillReceipt } from '../../src/model/drill.ts'
import type { Gate, Report } from '../../src/model/report.ts'
import { writeSimulatedProject } from '../stand-ins/simulated-project.ts'

const root = resolve(import.meta.dirname, '../..')
const folder = mkdtempSync(join(tmpdir(), 'rz-drill-cli-'))
afterAll(() => rmSync(folder, { recursive: true, maxRetries: 5 }))

const MATRIX = {
  version: 1,
  id: 'sim',
  axes: {
    build: {
      values: [
        { id: 'a', image: 'a' },
        { id: 'b', image: 'b' },
      ],
    },
    size: {
      values: [
        { id: 'small', machine: { memoryMiB: 512 } },
        { id: 'large', machine: { memoryMiB: 2048 } },
      ],
    },
  },
}

const GENERAL = ['boot-facts', 'candidate-present', 'fingerprint', 'network', 'profile', 'services']

function writeLab(os: string): void {
  const lab = {
    version: 1,
    store: `store-${os}`,
    hosts: [{ name: 'sim', provider: 'simulated', capacity: { vcpus: 8, memoryMiB: 16_384, machines: 4 } }],
    images: ['a', 'b'].map((id) => ({ id, kind: 'linux-micro', os })),
  }
  writeFileSync(join(folder, `${os}.yaml`), JSON.stringify(lab))
}

beforeAll(() => {
  writeFileSync(join(folder, 'matrix.yaml'), JSON.stringify(MATRIX))
  const skipped = { ...MATRIX, checks: { skip: ['services'] } }
  writeFileSync(join(folder, 'no-services.yaml'), JSON.stringify(skipped))
  // A simulated guest knows nothing that only Windows knows.
  const general = { ...MATRIX, checks: { only: GENERAL } }
  writeFileSync(join(folder, 'general.yaml'), JSON.stringify(general))
  for (const os of ['linux', 'windows']) writeLab(os)
})

function drill(...more: readonly string[]): {
  readonly code: number | null
  readonly receipt: DrillReceipt
  readonly err: string
} {
  const done = spawnSync(process.execPath, [join(root, 'dist/main.js'), 'drill', '--json', ...more], {
    cwd: folder,
    encoding: 'utf8',
    env: { ...process.env, CI: 'true', NO_COLOR: '1' },
  })
  expect(done.stdout, done.stderr).toContain('ringzero/drill/1')
  return { code: done.status, receipt: DrillReceiptSchema.parse(JSON.parse(done.stdout)), err: done.stderr }
}

const ended = ({ results }: DrillReceipt, wanted: string): string[] =>
  results.filter(({ result }) => result === wanted).map(({ class: name }) => name)

describe('ringzero drill on simulated machines', () => {
  test.each([
    ['linux', 'matrix.yaml'],
    ['windows', 'general.yaml'],
  ])('%s: each bad candidate is red for its reason, each twin green', (os, matrix) => {
    const { code, receipt, err } = drill('--lab', `${os}.yaml`, '--matrix', matrix)
    expect(ended(receipt, 'blind'), err).toEqual([])
    expect(ended(receipt, 'red').length, err).toBeGreaterThanOrEqual(6)
    expect(receipt.results.every(({ result }) => result === 'red' || result === 'not-shown')).toBe(true)
    expect(receipt.lab.simulated).toBe(true)
    expect(code).toBe(0)
  })

  test('a gate without one of its checks is blind for the class of that check, and for no other', () => {
    const { code, receipt } = drill(
      '--lab=linux.yaml',
      '--matrix=no-services.yaml',
      '--only=service-degraded',
      '--only=network-loss',
    )
    expect(ended(receipt, 'blind')).toEqual(['service-degraded'])
    expect(ended(receipt, 'red')).toEqual(['network-loss'])
    expect(receipt.results.find(({ result }) => result === 'blind')?.because).toContain(
      'not for service-degraded',
    )
    expect(code).toBe(1)
  })

  test('a policy that waives a class is blind for it', () => {
    const policy = {
      version: 1,
      id: 'blunt',
      rules: [{ id: 'failing', metric: 'failing-cells', atMost: 0, waivable: true }],
      waivers: [
        {
          id: 'noise',
          signature: 'network-loss|*',
          reason: 'it is always red',
          owner: 'a@example.org',
          ticket: 'T-1',
          expires: '2099-01-01',
        },
      ],
    }
    writeFileSync(join(folder, 'policy.yaml'), JSON.stringify(policy))
    const { code, receipt } = drill(
      '--lab',
      'linux.yaml',
      '--policy',
      'policy.yaml',
      '--only',
      'network-loss',
    )
    expect(receipt.results).toMatchObject([{ class: 'network-loss', result: 'blind' }])
    expect(code).toBe(1)
  })

  test('--full runs the whole matrix', () => {
    const { code, receipt } = drill('--lab', 'linux.yaml', '--full', '--only', 'boot-loop')
    expect(receipt).toMatchObject({ full: true, results: [{ class: 'boot-loop', result: 'red' }] })
    expect(code).toBe(0)
  })
})

describe('a run whose policy wants a drill', () => {
  const project = join(folder, 'gated')
  const ringzero = (...given: readonly string[]): string => {
    const done = spawnSync(process.execPath, [join(root, 'dist/main.js'), ...given], {
      cwd: project,
      encoding: 'utf8',
      env: { ...process.env, CI: 'true', NO_COLOR: '1' },
    })
    return done.stdout + done.stderr
  }
  const written = (run: string, name: string): unknown =>
    JSON.parse(readFileSync(join(project, run, 'report', name), 'utf8'))
  const run = (name: string, policy: string): Gate['rules'][number] | undefined => {
    const said = ringzero(
      'run',
      'matrix.yaml',
      '--candidate=update',
      `--policy=${policy}`,
      `--run-dir=${name}`,
    )
    const rule = (written(name, 'gate.json') as Gate).rules.find(({ id }) => id === 'drilled')
    expect(rule, said).toBeDefined()
    return rule
  }

  beforeAll(() => {
    mkdirSync(project)
    writeSimulatedProject(project, {
      id: 'gated',
      axes: { build: { values: [{ id: 'a' }] } },
      capacity: { vcpus: 4, memoryMiB: 8192, machines: 4 },
    })
    for (const [id, mustCover] of [
      ['fits', ['boot-loop']],
      ['wants-more', ['boot-loop', 'panic']],
    ] as const)
      writeFileSync(
        join(project, `${id}.yaml`),
        JSON.stringify({
          version: 1,
          id,
          rules: [{ id: 'failing', metric: 'failing-cells', atMost: 0 }],
          drill: { notOlderThanHours: 24, mustCover },
        }),
      )
  })

  test('is open before the drill and satisfied after it, and its reports show the receipt', () => {
    expect(run('before', 'fits.yaml')).toMatchObject({ result: 'inconclusive' })
    ringzero('drill', '--policy=fits.yaml', '--only=boot-loop')
    expect(run('after', 'fits.yaml')).toMatchObject({ result: 'satisfied', population: 1 })
    expect((written('after', 'report.json') as Report).drill).toMatchObject({
      covered: ['boot-loop'],
      missed: [],
    })
    const summary = readFileSync(join(project, 'after/report/summary.md'), 'utf8')
    expect(summary).toContain('the gate was rehearsed')
  })

  test('is open where the drill did not cover a class that the policy names, and where it was of another policy', () => {
    ringzero('drill', '--policy=wants-more.yaml', '--only=boot-loop')
    expect(run('lacking', 'wants-more.yaml')).toMatchObject({
      result: 'inconclusive',
      explanation: 'the last drill did not cover panic',
    })
    const said = ringzero('gate', 'after', '--policy=wants-more.yaml', '--json')
    expect(said).toContain('no drill of this gate on this lab came before the run')
  })
})
