/** `ringzero drill` as a user meets it, on simulated machines: a gate that is alive, and gates that are blind. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { DrillReceiptSchema, type DrillReceipt } from '../../src/model/drill.ts'

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
