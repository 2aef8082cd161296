/** Only a decision ends with 0, 1 or 3: not a standard output that is full or closed, an error that nobody caught, a signal, or no memory. */
import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { saySkipped } from '../support/skipped-tests.ts'
import { needs, notOnWindows } from '../windows-host/not-on-windows.ts'

const root = resolve(import.meta.dirname, '../..')
const main = join(root, 'dist/main.js')
const folder = mkdtempSync(join(tmpdir(), 'rz-stray-'))
const disk = join(folder, 'disk')
const environment = { ...process.env, CI: 'true', NO_COLOR: '1' }
afterAll(() => {
  spawnSync('umount', [disk])
  rmSync(folder, { recursive: true })
})

const DECISIONS = [0, 1, 3]
const full = existsSync('/dev/full')

function plain(...commandLine: readonly string[]) {
  const done = spawnSync(process.execPath, [main, ...commandLine], {
    cwd: folder,
    env: environment,
    encoding: 'utf8',
  })
  return { code: done.status, out: done.stdout, err: done.stderr }
}

function onFullDisk(...commandLine: readonly string[]) {
  const stdio = ['ignore', openSync('/dev/full', 'w'), 'pipe'] as const
  const done = spawnSync(process.execPath, [main, ...commandLine], {
    cwd: folder,
    env: environment,
    stdio: [...stdio],
  })
  return { code: done.status, err: String(done.stderr) }
}

/** Its reader is gone before the command starts to write. */
async function onClosedPipe(...commandLine: readonly string[]) {
  const child = spawn(process.execPath, [main, ...commandLine], { cwd: folder, env: environment })
  child.stdout.destroy()
  let err = ''
  child.stderr.on('data', (text) => (err += String(text)))
  return await new Promise<{ code: number | null; err: string }>((done) =>
    child.on('close', (code) => done({ code, err })),
  )
}

const host = (more = '') =>
  `version: 1\nhosts:\n  - {name: sim, provider: simulated, capacity: {vcpus: 8, memoryMiB: 32768, machines: 8}, options: {faults: [{behaviour: boot-loop}]}}\nimages:\n  - {id: micro, kind: linux-micro, os: linux}\nstore: ${join(folder, 'store')}\n${more}`
const run = (runFolder: string) =>
  ['run', 'matrix.yaml', '--candidate', 'update', '--lab', 'lab.yaml', '--run-dir', runFolder] as const

beforeAll(() => {
  mkdirSync(join(folder, 'update'))
  writeFileSync(join(folder, 'lab.yaml'), host())
  writeFileSync(
    join(folder, 'matrix.yaml'),
    'version: 1\nid: small\naxes: {memory: {values: [{id: low, machine: {memoryMiB: 256}}, {id: high, machine: {memoryMiB: 512}}]}}\ndefaults: {image: micro}\n',
  )
  writeFileSync(join(folder, 'update/x.dat'), 'content')
  const sha256 = createHash('sha256').update('content').digest('hex')
  writeFileSync(
    join(folder, 'update/candidate.yaml'),
    `version: 1\nid: update\nrelease: "1"\nkind: content\nfiles: [{path: x.dat, sha256: ${sha256}}]\nrecipes: {linux: {install: {place: [{file: x.dat, to: /opt/x.dat}]}}}\n`,
  )
  plain(...run('loop'))
}, 600_000)

const manifest = JSON.parse(readFileSync(join(root, 'oclif.manifest.json'), 'utf8')) as {
  commands: Record<string, unknown>
}
const commands = Object.keys(manifest.commands).map((id) => id.replaceAll(':', ' '))

describe('a standard output that takes nothing', needs(full, '/dev/full'), () => {
  it.each(commands)('of %s ends with 4, on a full disk and on a closed pipe', async (command) => {
    const asked = [...command.split(' '), '--help']
    expect(plain(...asked).code).toBe(0)
    const file = onFullDisk(...asked)
    expect([file.code, file.err]).toEqual([
      4,
      expect.stringContaining('could not be written (ENOSPC)') as string,
    ])
    const pipe = await onClosedPipe(...asked)
    expect([pipe.code, pipe.err]).toEqual([
      4,
      expect.stringContaining('could not be written (EPIPE)') as string,
    ])
    expect(file.err).not.toContain('    at ')
  })

  it.each([
    ['a decision', 1, ['gate', 'loop']],
    ['a decision as JSON', 1, ['gate', 'loop', '--json']],
    ['a judged run as JSON', 1, ['judge', 'loop', '--json']],
    ['a plan', 0, ['plan', 'matrix.yaml']],
    ['coverage', 0, ['coverage', 'loop', '--json']],
    ['a schema', 0, ['schema', 'matrix']],
    ['codes of errors', 0, ['explain', '--list']],
    ['a whole run as JSON', 1, [...run('again'), '--json']],
  ] as const)('makes no decision of %s', async (_, usual, commandLine) => {
    expect(plain(...commandLine).code).toBe(usual)
    const fresh = (name: string) => commandLine.map((word) => (word === 'again' ? name : word))
    expect(onFullDisk(...fresh('again-disk')).code).toBe(4)
    expect((await onClosedPipe(...fresh('again-pipe'))).code).toBe(4)
  })

  it('stops no run: it goes on to its end, and can be judged', async () => {
    expect((await onClosedPipe(...run('unheard'), '--json')).code).toBe(4)
    expect(plain('gate', 'unheard').code).toBe(1)
  })

  it('keeps the code of a wrong input, which is no decision', () => {
    expect(onFullDisk('gate', 'nowhere', '--json').code).toBe(2)
  })
})

describe('what nobody caught', () => {
  it.each([
    ['an error', "setTimeout(() => { throw new Error('late') }, 0)"],
    ['a rejection', "Promise.reject(new Error('late'))"],
  ])('%s of a plugin ends with 4', (_, code) => {
    writeFileSync(
      join(folder, 'plugin.mjs'),
      `${code}\nawait new Promise((done) => setTimeout(done, 200))\nexport default {}\n`,
    )
    writeFileSync(join(folder, 'plugin.yaml'), host('plugins: [{module: ./plugin.mjs}]\n'))
    const { code: status, err } = plain('plan', 'matrix.yaml', '--lab', 'plugin.yaml')
    expect(status).toBe(4)
    expect(err).toContain('late')
  })

  it('no memory ends with nothing that is a decision', () => {
    const done = spawnSync(process.execPath, ['--max-old-space-size=4', main, 'gate', 'loop'], {
      cwd: folder,
      env: environment,
    })
    expect(DECISIONS).not.toContain(done.status)
  })
})

describe('a signal', () => {
  // On Windows SIGHUP is a console that is closed; no process can send it to another.
  const signals = ['SIGINT', 'SIGTERM', ...(process.platform === 'win32' ? [] : ['SIGHUP' as const])] as const
  it.each(signals)('%s ends a run with 130 or by itself', async (signal) => {
    const child = spawn(process.execPath, [main, ...run(`stopped-${signal}`)], {
      cwd: folder,
      env: environment,
    })
    child.stderr.once('data', () => child.kill(signal))
    const [code, by] = await new Promise<[number | null, string | null]>((done) =>
      child.on('close', (status, name) => done([status, name])),
    )
    expect(code === 130 || by === signal).toBe(true)
  })
})

describe('a full disk under the run folder', notOnWindows('a disk that Linux mounts'), () => {
  const mounted = (): boolean => {
    mkdirSync(disk, { recursive: true })
    return (
      process.getuid?.() === 0 &&
      spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', disk]).status === 0
    )
  }

  it('is the host’s fault, says where space is missing, and the run goes on when there is some', (test) => {
    if (!mounted()) {
      saySkipped('run as root, where a small disk can be mounted, to see a run folder on a full disk')
      return test.skip('no right to mount a small disk')
    }
    const cut = plain(...run('disk/run'))
    expect(cut.code).toBe(3)
    expect(cut.err).toMatch(/no space left/i)
    expect(cut.err).toContain('ringzero resume')
    expect(spawnSync('mount', ['-o', 'remount,size=32m', disk]).status).toBe(0)
    expect(plain('resume', 'disk/run').code).toBe(1)
  })
})
