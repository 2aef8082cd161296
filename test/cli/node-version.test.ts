/** An older Node.js is told in one sentence. */
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { needs } from '../windows-host/not-on-windows.ts'
import { NODE_LINES, tooOldNode } from '../../src/cli/node-version.ts'

const root = resolve(import.meta.dirname, '../..')

/** A Node.js of the system that is too old, where there is one. */
const old = ['/usr/bin/node', '/usr/local/bin/node'].find((path) => {
  if (!existsSync(path)) return false
  const { stdout } = spawnSync(path, ['--version'], { encoding: 'utf8' })
  return tooOldNode(stdout.trim().slice(1)) !== undefined
})

describe('the oldest Node.js', () => {
  it('of each line is the one that package.json names, and no library wants a newer one', () => {
    const { engines } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
      engines: { node: string }
    }
    expect(engines.node.split(' || ').map((range) => range.replace(/^(?:\^|>=)/, ''))).toEqual(NODE_LINES)
    const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as {
      packages: Readonly<Record<string, { dev?: boolean; engines?: { node?: string } }>>
    }
    const wanted = Object.entries(packages).filter(([path, { dev }]) => path !== '' && dev !== true)
    const newer = wanted.flatMap(([path, { engines: { node = '' } = {} }]) =>
      [...node.matchAll(/(?:\^|>=) ?(\d+\.\d+\.\d+)/g)]
        .map(([, version = '']) => version)
        .filter((version) => NODE_LINES.some((line) => line.split('.')[0] === version.split('.')[0]))
        .filter((version) => tooOldNode(version) === undefined && !NODE_LINES.includes(version as never))
        .map((version) => `${path} wants ${version}`),
    )
    expect(newer).toEqual([])
  })

  it.each([
    ['20.20.2', false],
    ['22.12.0', false],
    ['22.22.1', false],
    ['22.22.2', true],
    ['22.23.0', true],
    ['23.11.0', false],
    ['24.14.1', false],
    ['24.15.0', true],
    ['25.9.0', false],
    ['26.0.0', true],
    ['27.1.0', true],
  ])('%s is new enough: %s', (version, isEnough) => {
    expect(tooOldNode(version) === undefined).toBe(isEnough)
  })
})

describe('an older Node.js', () => {
  it('loads nothing before its version is looked at', () => {
    const main = readFileSync(join(root, 'src/main.ts'), 'utf8')
    const loaded = [...main.matchAll(/^import .* from '([^']+)'/gm)].map(([, name]) => name)
    expect(loaded).toEqual(['node:os', 'node:path', './cli/node-version.ts'])
    expect(readFileSync(join(root, 'src/cli/node-version.ts'), 'utf8')).not.toMatch(/^import /m)
  })

  it(
    'ends with one sentence and exit code 2 (needs a Node.js 20 on this computer)',
    needs(old !== undefined, 'a Node.js 20'),
    () => {
      const { status, stdout, stderr } = spawnSync(
        old ?? '',
        [join(root, 'dist/main.js'), 'plan', 'x.yaml'],
        {
          encoding: 'utf8',
        },
      )
      expect({ status, stdout }).toEqual({ status: 2, stdout: '' })
      expect(stderr).toMatch(
        /^error: ringzero needs Node\.js 22\.22\.2 or 24\.15 or later of these lines, or 26 or later, and was started by \d+\.\d+\.\d+; .* \[NODE_TOO_OLD\]\n$/,
      )
    },
  )
})
