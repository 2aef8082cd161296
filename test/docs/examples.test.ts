/** The examples of the pages are whole files: each is loaded as a user's would be, and each matrix is planned. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { loadMatrix } from '../../src/inputs/load-matrix.ts'
import { loadPolicy } from '../../src/inputs/load-policy.ts'
import { findRecipeProblems } from '../../src/inputs/package/recipe-problems.ts'
import { CandidateKindSchema, CandidateSchema } from '../../src/model/candidate.ts'
import { DEFAULT_POLICY } from '../../src/model/policy.ts'
import { checkMatrix } from '../../src/plan/check-matrix.ts'
import { planConfigurations } from '../../src/plan/plan-configurations.ts'

const docs = resolve(import.meta.dirname, '../../docs')
const folder = mkdtempSync(join(tmpdir(), 'rz-docs-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** The YAML blocks of a page. */
function examplesOf(page: string): readonly string[] {
  const text = readFileSync(join(docs, page), 'utf8')
  return [...text.matchAll(/^```yaml\n(.*?)^```$/gms)].map(([, block = '']) => block)
}

async function planOf(text: string) {
  const file = join(folder, 'matrix.yaml')
  writeFileSync(file, text)
  const { matrix } = await loadMatrix(file, checkMatrix)
  const plan = planConfigurations(matrix, { seed: 1, effort: 0.05 })
  return { plan, cells: plan.stages.flatMap((stage) => stage.cells.map((cell) => cell.configuration)) }
}

describe('the page of the matrix language', () => {
  const examples = new Map(
    examplesOf('matrix.md').map((text) => [(parse(text) as { readonly id: string }).id, text]),
  )

  it.each([...examples])('plans %s until every pair was seen', async (_id, text) => {
    const { plan, cells } = await planOf(text)
    expect(cells.length).toBeGreaterThan(0)
    expect(plan.coverage.strengths.find(({ strength }) => strength === 2)).toMatchObject({ share: 1 })
  })

  it('says what constraints do', async () => {
    const { cells, plan } = await planOf(examples.get('constrained') ?? '')
    expect(cells.filter(({ build, firmware }) => build === 'win11' && firmware === 'bios')).toEqual([])
    expect(cells.filter(({ build, firmware }) => build === 'win10' && firmware === 'secure-boot')).toEqual([])
    expect(plan.infeasible.count).toBeGreaterThan(0)
  })

  it('says what exclude, include and seeds do', async () => {
    const { cells } = await planOf(examples.get('chosen') ?? '')
    expect(cells).not.toContainEqual({ os: 'ws2019', language: 'ja' })
    expect(cells).toContainEqual({ os: 'ws2019', language: 'de' })
    expect(cells).toContainEqual({ os: 'win10', language: 'ja' })
  })

  it('says what stages do', async () => {
    const { plan, cells } = await planOf(examples.get('staged') ?? '')
    expect(plan.stages.map(({ id }) => id)).toEqual(['smoke', 'pairwise', 'triples'])
    expect(plan.stages[0]?.cells).toHaveLength(3)
    expect(new Set(cells.map((cell) => JSON.stringify(cell))).size).toBe(cells.length)
  })

  it('says that one cell has one invalid value at most', async () => {
    const { cells } = await planOf(examples.get('negative') ?? '')
    const broken = cells.filter((cell) => cell['time-zone'] === 'broken')
    expect(broken.length).toBeGreaterThan(0)
    expect(broken.filter(({ disk }) => disk === 'nearly-full')).toEqual([])
  })
})

describe('the page of candidate kinds', () => {
  it('has a row for each kind', () => {
    const page = readFileSync(join(docs, 'candidates.md'), 'utf8')
    const named = page
      .split('\n')
      .filter((line) => line.startsWith('| `'))
      .flatMap((line) => [...(line.split('|')[1] ?? '').matchAll(/`([a-z]+)`/g)].map(([, kind = '']) => kind))
    expect(named.toSorted()).toEqual(CandidateKindSchema.options.toSorted())
  })

  it('shows a candidate that is one', () => {
    const [example = ''] = examplesOf('candidates.md')
    const { files, recipes = {} } = CandidateSchema.parse(parse(example))
    const around = { files: files.map(({ path }) => path), where: () => ({ file: 'candidate.yaml' }) }
    expect(findRecipeProblems(recipes, around)).toEqual([])
  })
})

describe('the page of the gate', () => {
  it.each(examplesOf('gate-policy.md'))('shows a part of a policy: %s', async (part) => {
    const file = join(folder, 'policy.yaml')
    const { version, id, rules } = DEFAULT_POLICY
    writeFileSync(file, `version: ${version}\nid: ${id}\nrules: ${JSON.stringify(rules)}\n${part}`)
    expect(Object.keys(await loadPolicy(file))).toContain(Object.keys(parse(part) as object)[0])
  })
})
