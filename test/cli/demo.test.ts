/** The demonstration through the built command line, where this computer cannot run it; what it ends with on machines .ci/run sees. */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'

const main = resolve(import.meta.dirname, '../../dist/main.js')
const folder = mkdtempSync(join(tmpdir(), 'rz-demo-'))
afterAll(() => rmSync(folder, { recursive: true }))

function demo(environment: NodeJS.ProcessEnv, ...flags: readonly string[]): ReturnType<typeof spawnSync> {
  return spawnSync(process.execPath, [main, 'demo', ...flags], {
    cwd: folder,
    encoding: 'utf8',
    timeout: 50_000,
    env: { ...process.env, CI: 'true', NO_COLOR: '1', ...environment },
  })
}

describe('the demonstration', () => {
  it('boots nothing without QEMU: it names what is not installed and what to do, and leaves no run', () => {
    const { status, stderr, stdout } = demo({ PATH: join(folder, 'nothing-is-here') })
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' })
    expect(stderr).toContain('good-content: a good content update')
    expect(stderr).toMatch(/no host of the lab can run it: local: .*qemu/)
    expect(stderr).toContain('fix: run ringzero doctor')
    expect(stderr).not.toContain('bad-content')
    expect(existsSync(join(folder, 'runs'))).toBe(false)
  })

  it('says which engine does not answer, and decides nothing', () => {
    const { status, stderr } = demo({ DOCKER_HOST: 'tcp://127.0.0.1:1' }, '--provider', 'docker')
    expect(status, String(stderr)).toBe(3)
    expect(stderr).toContain('the container engine does not answer')
    expect(stderr).not.toMatch(/HOLD|RELEASE|bad-content/)
  })

  it('knows the providers that it can run on', () => {
    const { status, stderr } = demo({}, '--provider', 'hyper-v')
    expect(status, String(stderr)).toBe(2)
    expect(stderr).toMatch(/qemu.*docker/)
  })
})
