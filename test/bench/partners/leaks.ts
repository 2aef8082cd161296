/**
 * Names planted into every field of 10,000 runs, 1,000 bundles with a changed byte, two partners who lay their bundles side by side, and
 * changes of the search itself, each of which its tests must find. RINGZERO_LEAK_SLICE=n of 10 runs a tenth of the runs.
 */
import { spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import type { BenchResult } from '../orchestrator/bench-result.ts'

const root = resolve(import.meta.dirname, '../../..')
const RUNS = 10_000
const SLICES = 10
const SCAN = 'src/publish/leak-scan'

/** File, what stands there once, what takes its place. */
const MUTANTS: readonly (readonly [string, string, string])[] = [
  ['scan.ts', 'if (found.has(hit.name)) return', 'return'],
  [
    'scan.ts',
    'for (const bytes of [Buffer.from(file.path), withoutConstant(file)])',
    'for (const bytes of [withoutConstant(file)])',
  ],
  ['scan.ts', 'form.length >= SHORTEST_WITHIN) within', 'form.length > 100) within'],
  ['scan.ts', 'else if (form.length > 1) whole.set(form, needle)', ''],
  ['scan.ts', 'short.length >= SHORTEST_SQUEEZED) joined', 'short.length > 100) joined'],
  ['scan.ts', 'yield* searches[0](form, shortest)', ''],
  ['scan.ts', 'yield* searches[1](squeezed(form), shortest)', ''],
  [
    'scan.ts',
    'if (needle !== undefined) yield { ...needle, around: around(text',
    'if (false) yield { ...needle, around: around(text',
  ],
  ['scan.ts', 'const shortest = sure ? 0 : SHORTEST_UNSURE', 'const shortest = 0'],
  ['scan.ts', "text = text.replace(part, ' ')", "text = ''"],
  ['normal-form.ts', '[1i|!]', '[i|!]'],
  ['normal-form.ts', 'unhomoglyph(form)', 'form'],
  ['normal-form.ts', ".replace(UNSEEN, '')\n  const forms", '\n  const forms'],
  ['normal-form.ts', '.replace(SMALL_CAPITAL, (letter) => SMALL_CAPITALS[letter] ?? letter)', ''],
  ['normal-form.ts', 'text.toLowerCase()', 'text'],
  ['views.ts', 'for (const offset of [0, 1, 2, 3])', 'for (const offset of [0, 1, 2])'],
  ['views.ts', "if (run.length > 8) yield Buffer.from(run.slice(1), 'hex')", ''],
  [
    'views.ts',
    'for (const order of [little, Buffer.from(little).swap16()])',
    'for (const order of [little])',
  ],
  ['views.ts', "yield ['zip', Buffer.from(name)]", ''],
  ['views.ts', 'for (const inner of pdfStreams(bytes))', 'for (const inner of pdfStreams(Buffer.alloc(0)))'],
  ['views.ts', "const joined = text.replace(LINE_END, '')", 'const joined = text'],
]

/** @throws Error when a mutant does not fit its file any more */
export async function leaks(): Promise<BenchResult> {
  const slice = Number(process.env['RINGZERO_LEAK_SLICE'] ?? 0)
  const slices = slice === 0 ? Array.from({ length: SLICES }, (_, at) => at + 1) : [slice]
  const lines: string[] = []
  let passed = true
  const tell = (text: string, isRight: boolean): void => {
    lines.push(`${isRight ? 'right' : 'WRONG'}: ${text}`)
    passed &&= isRight
  }
  for (const number of slices) {
    const planted = vitest(root, 'test/publish/planted-names.test.ts', {
      RINGZERO_PLANTED_RUNS: String(RUNS / SLICES),
    })
    tell(`slice ${number}: names planted in ${RUNS / SLICES} runs`, planted)
  }
  tell(
    'bundles with a changed byte, 1000',
    vitest(root, 'test/publish/verify-bundle.test.ts', { RINGZERO_TAMPERED_BUNDLES: '1000' }),
  )
  tell('two partners join nothing', vitest(root, 'test/publish/joins.test.ts'))
  const survivors = survivingMutants()
  tell(
    `${MUTANTS.length - survivors.length} of ${MUTANTS.length} changes of the search found ${survivors.join('; ')}`,
    survivors.length === 0,
  )
  return { name: 'no planted name comes out, and nobody changes anything unseen', passed, lines }
}

function vitest(folder: string, file: string, environment: Readonly<Record<string, string>> = {}): boolean {
  const { status } = spawnSync('npx', ['vitest', 'run', '--project', 'unit', file], {
    cwd: folder,
    env: { ...process.env, ...environment },
    stdio: 'ignore',
  })
  return status === 0
}

function survivingMutants(): string[] {
  const folder = mkdtempSync(join(tmpdir(), 'rz-mutants-'))
  try {
    for (const part of ['src', 'test', 'package.json', 'tsconfig.json', 'vitest.config.ts'])
      cpSync(join(root, part), join(folder, part), { recursive: true })
    symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
    if (!vitest(folder, 'test/publish/leak-scan/scan.test.ts')) return ['the search as it is fails its tests']
    return MUTANTS.filter(([file, from, to]) => {
      const path = join(folder, SCAN, file)
      const text = readFileSync(path, 'utf8')
      if (text.split(from).length !== 2) throw new Error(`${file} does not have this once: ${from}`)
      writeFileSync(
        path,
        text.replace(from, () => to),
      )
      const survives = vitest(folder, 'test/publish/leak-scan/scan.test.ts')
      writeFileSync(path, text)
      return survives
    }).map(([file, from]) => `${file}: ${from}`)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
