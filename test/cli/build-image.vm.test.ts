/** `ringzero images build` with the real packages of a distribution, through the built command line; no machine is booted. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, expect, it } from 'vitest'

const main = resolve(import.meta.dirname, '../../dist/main.js')
const root = mkdtempSync(join(tmpdir(), 'rz-build-'))
afterAll(() => rmSync(root, { recursive: true }))
const LAB = `version: 1
store: store
hosts: [{name: sim, provider: simulated, capacity: {vcpus: 1, memoryMiB: 512, machines: 1}}]
images: [{id: micro, kind: linux-micro, os: linux}]
`

it('builds an image once, lists it, and takes it over the next time', () => {
  const folder = mkdtempSync(join(root, 'lab-'))
  writeFileSync(join(folder, 'lab.yaml'), LAB)
  const ringzero = (...commandLine: readonly string[]): { code: number | null; out: string; err: string } => {
    const done = spawnSync(process.execPath, [main, ...commandLine], {
      cwd: folder,
      encoding: 'utf8',
      env: { ...process.env, CI: 'true', NO_COLOR: '1' },
    })
    return { code: done.status, out: done.stdout, err: done.stderr }
  }
  const built = ringzero('images', 'build')
  expect(built.code, built.err).toBe(0)
  const sha256 = /^micro: ([0-9a-f]{64})$/m.exec(built.err)?.[1] ?? ''
  expect(built.err).toContain('built image "micro"')
  expect(ringzero('images', 'list').out).toContain(sha256.slice(0, 12))
  const again = ringzero('images', 'build', 'micro', '--json')
  expect(again.err).not.toContain('built image')
  expect(JSON.parse(again.out)).toMatchObject({ schema: 'ringzero/images/1', images: [{ sha256 }] })
})
