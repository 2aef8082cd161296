/** `ringzero layers build` through the built command line, as far as it refuses before anything is built. */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'

const root = resolve(import.meta.dirname, '../..')
let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rz-layers-'))
  writeFileSync(
    join(folder, 'lab.yaml'),
    `version: 1
store: store
hosts: [{name: sim, provider: simulated, capacity: {vcpus: 1, memoryMiB: 512, machines: 1}}]
images: [{id: micro, kind: linux-micro, os: linux}, {id: server, kind: linux-micro, os: linux}]
products: [{folder: ${JSON.stringify(join(root, 'fixtures/products/netwatch'))}}]
`,
  )
})
afterEach(() => rmSync(folder, { recursive: true }))

it.each([
  [['micro', '--product', 'netwach'], 'the lab has no product "netwach"', 'did you mean "netwatch"?'],
  [['micra', '--product', 'netwatch'], 'the lab has no image "micra"', 'did you mean "micro"?'],
  [
    ['micro', '--product', 'netwatch', '--product', 'office'],
    'the lab has no product "office"',
    'use some of: netwatch',
  ],
  [['micro'], 'Missing required flag product', ''],
  [['micro', '--product', 'netwatch', '--lab', 'lap.yaml'], 'lap.yaml', ''],
])('%j builds nothing and says why', (given, message, fix) => {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [join(root, 'dist/main.js'), 'layers', 'build', ...given],
    { cwd: folder, encoding: 'utf8', timeout: 30_000, env: { ...process.env, CI: 'true', NO_COLOR: '1' } },
  )
  expect({ status, stdout }, stderr).toEqual({ status: 2, stdout: '' })
  expect(stderr).toContain(message)
  expect(stderr).toContain(fix)
  expect(existsSync(join(folder, 'store/layers'))).toBe(false)
})
