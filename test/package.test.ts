/** What `npm pack` puts into the package. */
import { resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { runProgram } from '../src/kit/process.ts'
import { notOnWindows } from './windows-host/not-on-windows.ts'

const root = resolve(import.meta.dirname, '..')

interface Packed {
  readonly files: readonly { readonly path: string }[]
}

describe('the package', notOnWindows('npm'), () => {
  it('holds what ringzero reads when it runs, and neither tests nor malformed files', async () => {
    const { exitCode, stdout, stderr } = await runProgram(
      'npm',
      ['pack', '--dry-run', '--json', '--ignore-scripts'],
      { cwd: root, maximumBytes: 64 * 1024 * 1024 },
    )
    expect({ exitCode, stderr: exitCode === 0 ? '' : stderr.toString() }).toEqual({ exitCode: 0, stderr: '' })
    // npm gives a list of packages, its later versions one by name.
    const packed = Object.values(JSON.parse(stdout.toString()) as Record<string, Packed>)
    expect(packed).toHaveLength(1)
    const files = (packed[0]?.files ?? []).map(({ path }) => path)
    expect(files.filter((path) => /^test\/|(?:^|\/)bad-input(?:\/|$)|\.test\.[jt]sx?$/.test(path))).toEqual(
      [],
    )
    expect(files).toEqual(
      expect.arrayContaining([
        'README.md',
        'LICENSE',
        'CHANGELOG.md',
        'package.json',
        'src/main.ts',
        'matrices/demo.yaml',
        'fixtures/labs/qemu-demo.lab.yaml',
        'fixtures/start/linux.lab.yaml',
        'fixtures/policies/default.yaml',
        'fixtures/ci/github/action.yml',
        'docs/getting-started.md',
      ]),
    )
  })
})
