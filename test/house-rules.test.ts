/** The rules of the house are seen to fail: a few planted files break each of them, and the tool must say where. */
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join, resolve } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { runProgram } from '../src/kit/process.ts'
import { notOnWindows } from './windows-host/not-on-windows.ts'

const linters = notOnWindows('symbolic links, and linters that are scripts of Linux')
const root = resolve(import.meta.dirname, '..')
const folders: string[] = []

afterAll(async () => {
  for (const folder of folders) await rm(folder, { recursive: true, force: true })
})

const SOURCE = 'export const a = 1\n'
const importing = (path: string): string => `import { a } from '${path}'\nexport const b = a\n`

/** What a tool of node_modules/.bin says in a folder that holds these files and the project's configuration. */
async function said(
  files: Readonly<Record<string, string>>,
  tool: string,
  ...given: string[]
): Promise<{ readonly passed: boolean; readonly text: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'ringzero-house-'))
  folders.push(folder)
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true })
    await writeFile(join(folder, name), text)
  }
  for (const name of ['node_modules', '.dependency-cruiser.mjs', '.oxlintrc.json', 'package.json'])
    await symlink(join(root, name), join(folder, name))
  const bin = join(root, 'node_modules/.bin')
  const ended = await runProgram(join(bin, tool), given, {
    cwd: folder,
    environment: { PATH: [bin, process.env['PATH'] ?? ''].join(delimiter) },
  })
  return { passed: ended.exitCode === 0, text: `${ended.stdout.toString()}\n${ended.stderr.toString()}` }
}

const cruise = (files: Readonly<Record<string, string>>): ReturnType<typeof said> =>
  said(files, 'depcruise', 'src', '--config', '.dependency-cruiser.mjs', '--output-type', 'err-long')
const lint = (files: Readonly<Record<string, string>>): ReturnType<typeof said> =>
  said(files, 'oxlint', 'src')

describe('dependency-cruiser', linters, () => {
  it('accepts imports from lower floors', async () => {
    expect(
      await cruise({ 'src/kit/a.ts': SOURCE, 'src/model/b.ts': importing('../kit/a.ts') }),
    ).toMatchObject({ passed: true })
  })

  it('shows the path from the judging use case to the engine through three files', async () => {
    const { passed, text } = await cruise({
      'src/app/judge-run.ts': importing('./one.ts').replace('b =', 'judge ='),
      'src/app/one.ts': importing('./two.ts').replaceAll('{ a }', '{ b as a }').replace('const b', 'const a'),
      'src/app/two.ts': importing('./three.ts').replaceAll('{ a }', '{ b as a }'),
      'src/app/three.ts': importing('../run/engine.ts'),
      'src/run/engine.ts': SOURCE,
    })
    expect(passed).toBe(false)
    for (const step of ['app/judge-run.ts', 'app/one.ts', 'app/two.ts', 'app/three.ts', 'run/engine.ts'])
      expect(text).toContain(step)
  })

  it('counts the import of a type', async () => {
    const { passed, text } = await cruise({
      'src/judge/judge.ts': "import type { A } from '../lab/a.ts'\nexport type B = A\n",
      'src/lab/a.ts': 'export type A = number\n',
    })
    expect([passed, text]).toEqual([false, expect.stringContaining('src/judge/judge.ts')])
  })

  it.each([
    ['a lower floor that imports a higher one', 'src/kit/b.ts', '../model/a.ts', 'src/model/a.ts'],
    ['a room that imports its neighbour', 'src/plan/b.ts', '../lab/a.ts', 'src/lab/a.ts'],
    [
      'a check that imports an installer',
      'src/plugins/checks/any/b.ts',
      '../../installers/shared/a.ts',
      'src/plugins/installers/shared/a.ts',
    ],
    [
      'a provider that imports another',
      'src/plugins/providers/qemu/b.ts',
      '../hyper-v/a.ts',
      'src/plugins/providers/hyper-v/a.ts',
    ],
    ['a covering array that knows a noun', 'src/plan/covering/b.ts', '../../model/a.ts', 'src/model/a.ts'],
  ])('refuses %s', async (_, from, path, to) => {
    const { passed, text } = await cruise({ [from]: importing(path), [to]: SOURCE })
    expect([passed, text]).toEqual([false, expect.stringContaining(from)])
  })
})

describe('oxlint', linters, () => {
  it('refuses a cycle', async () => {
    const { passed, text } = await lint({
      'src/kit/a.ts': "import { b } from './b.ts'\nexport const a = (): number => b()\n",
      'src/kit/b.ts': "import { a } from './a.ts'\nexport const b = (): number => a()\n",
    })
    expect([passed, text]).toEqual([false, expect.stringContaining('no-cycle')])
  })

  it('refuses a cycle of types', async () => {
    const { passed, text } = await lint({
      'src/kit/a.ts': "import type { B } from './b.ts'\nexport interface A { b: B }\n",
      'src/kit/b.ts': "import type { A } from './a.ts'\nexport interface B { a: A }\n",
    })
    expect([passed, text]).toEqual([false, expect.stringContaining('no-cycle')])
  })

  it('refuses a command of more than 60 lines', async () => {
    const lines = Array.from({ length: 61 }, (_, index) => `export const a${index} = ${index}`).join('\n')
    const { passed, text } = await lint({ 'src/commands/a.ts': lines })
    expect([passed, text]).toEqual([false, expect.stringContaining('max-lines')])
  })
})
