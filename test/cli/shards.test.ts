/** A plan divided among eight runners and merged, through the built command line on simulated machines. */
import { createHash } from 'node:crypto'
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { hashJson } from '../../src/kit/hash.ts'
import type { Plan } from '../../src/model/plan.ts'
import type { Report } from '../../src/model/report.ts'
import {
  folder,
  folders,
  judged,
  outcomes,
  preparePlan,
  read,
  reportOf,
  ringzero,
  ringzeroAside,
  shard,
  SHARDS,
  type Done,
} from '../stand-ins/shard-runners.ts'

beforeAll(preparePlan, 300_000)
afterAll(() => rmSync(folder, { recursive: true }))

describe('eight shards', () => {
  const ended = new Map<number, Done>()
  beforeAll(() => {
    for (const index of SHARDS)
      ended.set(index, shard('plan.json', index, 8, '--keep-going', '--run-dir', `shard-${index}`))
  }, 600_000)

  it('never release alone: one with a failure holds, any other is inconclusive', () => {
    for (const [index, { code, err }] of ended) {
      const { counts } = reportOf(`shard-${index}`)
      expect(code, err).toBe(counts.fail > 0 ? 1 : 3)
      expect(err).toContain(`this is shard ${index}/8 of a plan: it releases nothing`)
      expect(readFileSync(join(folder, `shard-${index}/report/junit.xml`), 'utf8')).toContain(
        `shard ${index}/8 is a part of the run`,
      )
    }
    expect([...ended.values()].some(({ code }) => code === 1)).toBe(true)
    expect([...ended.values()].some(({ code }) => code === 3)).toBe(true)
  })

  it('do not release under a policy that asks for little either, nor without their shard.json', () => {
    writeFileSync(
      join(folder, 'lax.yaml'),
      'version: 1\nid: lax\nrules: [{id: few, metric: failing-cells, atMost: 1000}]\n',
    )
    const clean = SHARDS.find((index) => ended.get(index)?.code === 3) ?? 0
    expect(ringzero('gate', `shard-${clean}`, '--policy', 'lax.yaml').code).toBe(3)
    cpSync(join(folder, `shard-${clean}`), join(folder, 'lost'), { recursive: true })
    rmSync(join(folder, 'lost/shard.json'))
    const lost = ringzero('gate', 'lost', '--policy', 'lax.yaml')
    expect(lost.out).toContain(`this is shard ${clean}/8`)
    expect(lost.code).toBe(3)
  })

  it('merge, in any order and from anywhere, to the verdicts of one run, byte for byte', () => {
    expect(ringzero('run', '--plan', 'plan.json', '--keep-going', '--run-dir', 'whole').code).toBe(1)
    mkdirSync(join(folder, 'elsewhere'))
    cpSync(join(folder, 'shard-2'), join(folder, 'elsewhere/somewhere'), { recursive: true })
    const merged = ringzero(
      'merge',
      ...folders.filter((name) => name !== 'shard-2').toReversed(),
      'elsewhere/somewhere',
      '--out',
      'merged',
    )
    expect(merged.code, merged.err).toBe(1)
    expect(JSON.parse(judged('merged'))).toEqual(JSON.parse(judged('whole')))
    const verdicts = (run: string): string => JSON.stringify((JSON.parse(judged(run)) as Report).cells)
    expect(verdicts('merged')).toBe(verdicts('whole'))
    expect(read('merged', 'plan.json') as Plan).toEqual(read('whole', 'plan.json') as Plan)
  })

  it('are kept whole in the merged folder, which merging again gives byte for byte', () => {
    const before = readFileSync(join(folder, 'merged/journal.jsonl'))
    expect(ringzero('merge', ...folders, '--out', 'merged').code).toBe(1)
    expect(readFileSync(join(folder, 'merged/journal.jsonl')).equals(before)).toBe(true)
    const { shards = [] } = reportOf('merged')
    expect(shards.map(({ name }) => name)).toEqual(SHARDS.map((index) => `${index}/8`))
    for (const [at, { journalSha256 }] of shards.entries()) {
      const kept = readFileSync(join(folder, `merged/shards/${at + 1}/journal.jsonl`))
      expect(kept.equals(readFileSync(join(folder, `shard-${at + 1}/journal.jsonl`)))).toBe(true)
      expect(createHash('sha256').update(kept).digest('hex')).toBe(journalSha256)
    }
    expect(existsSync(join(folder, '.merged.merging'))).toBe(false)
  })

  it('are not merged from what a merge keeps of them: that has no evidence, and the merge would be lost', () => {
    const journal = readFileSync(join(folder, 'merged/journal.jsonl'))
    const kept = SHARDS.map((index) => `merged/shards/${index}`)
    const again = ringzero('merge', ...kept, '--out', 'merged')
    expect(again.err).toContain('which the merge would replace')
    expect(again.code).toBe(2)
    expect(readFileSync(join(folder, 'merged/journal.jsonl')).equals(journal)).toBe(true)
  })

  it('leave a folder that holds a run as it is, even where an earlier stage stops them', () => {
    const files = ['inputs.json', 'shard.json', 'plan.json', 'journal.jsonl']
    const seen = (): string[] => files.map((name) => readFileSync(join(folder, 'shard-1', name), 'utf8'))
    const before = seen()
    const [smoke] = (read('shard-1', 'plan.json') as Plan).stages
    const red = { id: smoke?.id, state: 'failed', cells: smoke?.cells }
    const plan = (read('shard-1', 'plan.json') as Plan).id
    writeFileSync(
      join(folder, 'red.json'),
      JSON.stringify({ schema: 'ringzero/stages/1', plan, stages: [red] }),
    )
    const last = (read('shard-1', 'plan.json') as Plan).stages.at(-1)?.id ?? ''
    for (const more of [
      ['--keep-going', '--shard', '2/8'],
      ['--stage', last, '--after', 'red.json'],
    ]) {
      const { code, err } = ringzero('run', '--plan', 'plan.json', '--run-dir', 'shard-1', ...more)
      expect(err).toContain('already holds a run')
      expect(code).toBe(2)
      expect(seen()).toEqual(before)
    }
  })

  it('drop no cells from a run into whose folder the shard.json of another plan came', () => {
    cpSync(join(folder, 'whole'), join(folder, 'mixed'), { recursive: true })
    const foreign = read('shard-1', 'shard.json') as Record<string, unknown>
    writeFileSync(join(folder, 'mixed/shard.json'), JSON.stringify({ ...foreign, plan: '0'.repeat(64) }))
    const { code, err } = ringzero('gate', 'mixed')
    expect(err).toContain('is a shard of another plan than')
    expect(code).toBe(2)
  })

  it('leave nothing to a whole run in the folder of a shard that was cut off before it began', () => {
    mkdirSync(join(folder, 'cut'))
    cpSync(join(folder, 'shard-1/shard.json'), join(folder, 'cut/shard.json'))
    expect(ringzero('run', '--plan', 'plan.json', '--keep-going', '--run-dir', 'cut').code).toBe(1)
    expect(ringzero('gate', 'cut').code).toBe(1)
    ringzero('judge', 'cut')
    expect(reportOf('cut').cells).toHaveLength((read('cut', 'plan.json') as Plan).cells.length)
  })

  it('give a run that every other command reads, and that says which runner did what', () => {
    const junit = readFileSync(join(folder, 'merged/report/junit.xml'), 'utf8')
    const { shards = [], cells } = reportOf('merged')
    for (const { name, runners, cells: mine } of shards.filter((entry) => entry.cells.length > 0)) {
      expect(runners).toEqual([`build-${name.split('/')[0]}`])
      const suite = junit.slice(junit.indexOf(`name="cell" value="${mine[0]}"`))
      expect(suite).toMatch(
        new RegExp(`name="shard" value="${name}"/>\\s*<property name="runner" value="${runners[0]}"`),
      )
      expect(junit).toContain(`hostname="${runners[0]}/sim"`)
    }
    const page = readFileSync(join(folder, 'merged/report/index.html'), 'utf8')
    expect(page).toContain('build-7')
    expect(readFileSync(join(folder, 'merged/report/summary.md'), 'utf8')).toContain('## Shards')
    expect(ringzero('judge', 'merged').code).toBe(1)
    expect(ringzero('gate', 'merged').code).toBe(1)
    expect(ringzero('report', 'merged').code).toBe(0)
    expect(ringzero('explain', 'merged', cells[0]?.planned.id ?? '').out).toContain('attempts')
    expect(ringzero('compare', 'whole', 'merged').out).toContain(
      'unchanged: 7; only before: 0; only after: 0',
    )
    expect(ringzero('coverage', 'merged').code).toBe(0)
    expect(ringzero('resume', 'merged')).toMatchObject({
      code: 2,
      err: expect.stringContaining('a merged run is not resumed') as string,
    })
  })

  it('count once in a history, as the merged run', () => {
    mkdirSync(join(folder, 'all'))
    for (const name of ['merged', 'shard-1'])
      cpSync(join(folder, name), join(folder, 'all', name), { recursive: true })
    const { runs, unread } = JSON.parse(ringzero('history', 'all', '--json').out) as {
      runs: unknown[]
      unread: { reason: string }[]
    }
    expect([runs.length, unread.map(({ reason }) => reason)]).toEqual([1, ['it is shard 1/8 of a plan']])
  })

  it.each([
    ['missing', () => folders.slice(1), 'shard 1/8 (', 'is missing'],
    ['doubled', () => [...folders, copyOf('shard-3')], 'shard 3/8 is there twice'],
    ['a whole run', () => [...folders, 'whole'], 'holds no shard'],
    [
      'of another plan',
      () =>
        [
          ...folders.slice(1),
          edited('shard-1', 'plan.json', (plan: Plan) => withId({ ...plan, seed: 9 })),
        ].toReversed(),
      'do not belong to one plan',
    ],
    [
      'of another version',
      () => [...folders.slice(1), journalEdited('shard-1', '"toolVersion":"', '"toolVersion":"9')],
      'different versions of ringzero',
    ],
    [
      'of another policy',
      () => [
        ...folders.slice(1),
        edited('shard-1', 'shard.json', (of: object) => ({ ...of, policy: { id: 'lax', sha256: '0' } })),
      ],
      'ran under the policy lax',
    ],
    [
      'of another candidate',
      () => [
        ...folders.slice(1),
        edited('shard-1', 'inputs.json', (of: object) => ({ ...of, candidateSha256: '0' })),
      ],
      'tested another candidate',
    ],
    [
      'foreign',
      () => [
        ...folders.slice(1),
        edited('shard-1', 'shard.json', (of: { cells: string[] }) => ({
          ...of,
          cells: [...of.cells, 'e5d0c39c7ef2'],
        })),
      ],
      'is not what the plan says of that shard',
    ],
    [
      'not finished',
      () => [...folders.slice(1), journalEdited('shard-1', /\{"type":"run-closed".*\n$/, '')],
      'did not come to its end',
    ],
  ])('are refused when one is %s, each with its own message and exit 2', (_, runs, ...messages) => {
    const { code, err } = ringzero('merge', ...runs(), '--out', 'refused')
    expect(code, err).toBe(2)
    for (const message of messages) expect(err.replace(/\s+/g, ' ')).toContain(message)
    expect(existsSync(join(folder, 'refused'))).toBe(false)
  })

  it('leave evidence out that is not what its journal says, or that is a way out of the folder', () => {
    const [record] = reportOf('merged').evidence
    const owner = folders.find((name) => existsSync(join(folder, name, record?.path ?? '')))
    const changed = copyOf(owner ?? '')
    rmSync(join(folder, changed, record?.path ?? ''))
    writeFileSync(join(folder, changed, record?.path ?? ''), 'something else')
    const others = folders.filter((name) => name !== owner)
    const { err } = ringzero('merge', ...others, changed, '--out', 'without')
    expect(err).toContain('it has another sha256 than the journal says')
    expect(existsSync(join(folder, 'without', record?.path ?? ''))).toBe(false)
    expect(reportOf('without').cells).toHaveLength(reportOf('merged').cells.length)
  })

  it('are merged again after one that died half-way was resumed alone', () => {
    const died = copyOf('shard-1')
    const path = join(folder, died, 'journal.jsonl')
    const lines = readFileSync(path, 'utf8').split('\n')
    const middle = lines.findLastIndex((line) => line.includes('"type":"phase-closed"'))
    writeFileSync(path, `${lines.slice(0, middle).join('\n')}\n{"type":"obs`)
    const runs = [...folders.slice(1), died]
    expect(ringzero('merge', ...runs, '--out', 'resumed')).toMatchObject({
      code: 2,
      err: expect.stringContaining(`ringzero resume ${join(folder, died)}`) as string,
    })
    expect([1, 3]).toContain(ringzero('resume', died, '--keep-going').code)
    expect(ringzero('merge', ...runs, '--out', 'resumed').code).toBe(1)
    expect(outcomes('resumed')).toEqual(outcomes('whole'))
  })
})

describe('stages on runners of their own', () => {
  it('a later stage needs the result of the earlier one', () => {
    const { code, err } = shard('plan.json', 1, 2, '--stage', 'pairwise', '--run-dir', 'early')
    expect([code, existsSync(join(folder, 'early'))]).toEqual([2, false])
    expect(err).toContain('stage smoke comes before these and is not run here')
    expect(ringzero('run', '--plan', 'plan.json', '--stage', 'pairwize').err).toContain(
      'did you mean "pairwise"?',
    )
  })

  it('takes it from a file or an address, whose query it never tells, and runs when it passed', async () => {
    const smoke = ringzero('run', '--plan', 'plan.json', '--stage', 'smoke', '--run-dir', 'smoke')
    expect(smoke.code, smoke.err).toBe(3)
    const told = readFileSync(join(folder, 'smoke/report/stages.json'), 'utf8')
    const server = createServer((_, answer) => void answer.end(told))
    await new Promise<void>((settle) => server.listen(0, '127.0.0.1', settle))
    const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/stages.json?token=hush`
    const parts = [1, 2].map((index) => `part-${index}`)
    for (const [at, part] of parts.entries()) {
      const done = await ringzeroAside(
        'run',
        '--plan',
        'plan.json',
        '--shard',
        `${at + 1}/2`,
        '--stage',
        'pairwise',
        '--after',
        at === 0 ? 'smoke/report/stages.json' : address,
        '--run-dir',
        part,
      )
      expect([1, 3], done.err).toContain(done.code)
      expect(done.err).not.toContain('hush')
    }
    server.close()
    expect(ringzero('merge', 'smoke', ...parts, '--out', 'staged').code).toBe(1)
    expect(outcomes('staged')).toEqual(outcomes('whole'))
    expect(ringzero('merge', ...parts, '--out', 'half')).toMatchObject({
      code: 2,
      err: expect.stringContaining('no shard has the cells of stage smoke') as string,
    })
  })

  it('starts nothing when it failed, and the merge says so', () => {
    const told = read('smoke/report/stages.json') as { stages: { state: string }[] }
    writeFileSync(
      join(folder, 'red.json'),
      JSON.stringify({ ...told, stages: told.stages.map((stage) => ({ ...stage, state: 'failed' })) }),
    )
    const { code, err } = ringzero(
      'run',
      '--plan',
      'plan.json',
      '--stage',
      'pairwise',
      '--after',
      'red.json',
      '--run-dir',
      'stopped',
    )
    expect([code, err.includes('nothing of this shard is run: stage smoke ended as failed')]).toEqual([
      3,
      true,
    ])
    expect(ringzero('resume', 'stopped')).toMatchObject({
      code: 2,
      err: expect.stringContaining('stage smoke ended as failed') as string,
    })
    expect(ringzero('merge', 'smoke', 'stopped', '--out', 'held').code).toBe(3)
    const { counts, stages } = reportOf('held')
    expect([counts['not-run'], stages.map(({ state }) => state)]).toEqual([7, ['passed', 'not-started']])
  })

  it('gives up when nobody tells in time, and at once when another plan is told', () => {
    const late = ringzero(
      'run',
      '--plan',
      'plan.json',
      '--stage',
      'pairwise',
      '--after',
      'never.json',
      '--after-minutes',
      '0',
    )
    expect([late.code, late.err.includes('never.json did not tell in time')]).toEqual([3, true])
    writeFileSync(join(folder, 'garbage.json'), '<html>'.repeat(100))
    expect(
      ringzero(
        'run',
        '--plan',
        'plan.json',
        '--stage',
        'pairwise',
        '--after',
        'garbage.json',
        '--after-minutes',
        '0',
      ).err,
    ).toContain('it is no JSON')
    writeFileSync(
      join(folder, 'other.json'),
      JSON.stringify({ ...(read('smoke/report/stages.json') as object), plan: 'f'.repeat(64) }),
    )
    const other = ringzero('run', '--plan', 'plan.json', '--stage', 'pairwise', '--after', 'other.json')
    expect([other.code, other.err.includes('tells of another plan')]).toEqual([2, true])
  })
})

describe('a plan', () => {
  it('is refused when it was edited, and when an input is another one here', () => {
    writeFileSync(join(folder, 'edited.json'), JSON.stringify({ ...(read('plan.json') as Plan), seed: 4 }))
    expect(ringzero('run', '--plan', 'edited.json')).toMatchObject({
      code: 2,
      err: expect.stringContaining('the plan was changed after it was made') as string,
    })
    writeFileSync(join(folder, 'other.yaml'), `${readFileSync(join(folder, 'matrix.yaml'), 'utf8')}# \n`)
    expect(ringzero('run', 'other.yaml', '--plan', 'plan.json')).toMatchObject({
      code: 2,
      err: expect.stringContaining('the matrix small differs from what') as string,
    })
    writeFileSync(
      join(folder, 'other-lab.yaml'),
      readFileSync(join(folder, 'lab.yaml'), 'utf8').replace(
        '{id: mini, kind',
        '{id: mini, title: Mini, kind',
      ),
    )
    expect(ringzero('run', '--plan', 'plan.json', '--lab', 'other-lab.yaml')).toMatchObject({
      code: 2,
      err: expect.stringContaining('the image mini differs from what') as string,
    })
  })

  it('takes no flag that would change it, and a shard has a number', () => {
    expect(ringzero('run', '--plan', 'plan.json', '--seed', '3').code).toBe(2)
    expect(ringzero('run', 'matrix.yaml', '--shard', '1/2').code).toBe(2)
    for (const wrong of ['0/8', '9/8', 'x', '1/0', '-1/2'])
      expect(ringzero('run', '--plan', 'plan.json', `--shard=${wrong}`).code).toBe(2)
  })
})

let copies = 0
function copyOf(run: string): string {
  copies += 1
  const copy = `copy-${copies}`
  cpSync(join(folder, run), join(folder, copy), { recursive: true })
  return copy
}
function edited(run: string, file: string, change: (document: never) => object): string {
  const copy = copyOf(run)
  writeFileSync(join(folder, copy, file), JSON.stringify(change(read(copy, file) as never)))
  return copy
}
function journalEdited(run: string, what: string | RegExp, by: string): string {
  const copy = copyOf(run)
  const path = join(folder, copy, 'journal.jsonl')
  writeFileSync(path, readFileSync(path, 'utf8').replace(what, by))
  return copy
}
function withId(plan: Plan): Plan {
  const { id: _, ...body } = plan
  return { ...body, id: hashJson(body) }
}
