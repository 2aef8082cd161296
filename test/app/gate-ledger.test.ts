/** A report against an earlier run says where the gate was loosened, and who did it. */
import { spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { concludeRun } from '../../src/app/conclude-run.ts'
import { DEFAULT_POLICY, PolicySchema } from '../../src/model/policy.ts'
import { ReportSchema } from '../../src/model/report.ts'
import { needs } from '../windows-host/not-on-windows.ts'

const folder = mkdtempSync(join(tmpdir(), 'rz-ledger-'))
afterAll(() => rmSync(folder, { recursive: true, maxRetries: 5 }))
const { signal } = new AbortController()

function git(...more: readonly string[]): void {
  const who = [
    '-c',
    'user.name=Ann Example',
    '-c',
    'user.email=ann@example.org',
    '-c',
    'commit.gpgsign=false',
  ]
  const done = spawnSync('git', [...who, ...more], { cwd: folder, encoding: 'utf8' })
  expect(done.status, done.stderr).toBe(0)
}

const haveGit = spawnSync('git', ['--version']).status === 0

test(
  'a rule that is gone and a waiver that is new are lines of the report, with who and when',
  needs(haveGit, 'git'),
  async () => {
    for (const name of ['before', 'after'])
      cpSync(resolve(import.meta.dirname, '../../fixtures/journals/good'), join(folder, name), {
        recursive: true,
      })
    const policy = join(folder, 'policy.yaml')
    const conclude = (run: string, against?: string): ReturnType<typeof concludeRun> =>
      concludeRun({
        runFolder: join(folder, run),
        policy,
        reporters: [],
        signal,
        stepSummary: undefined,
        ...(against === undefined ? {} : { against: join(folder, against) }),
      })
    git('init', '--quiet')
    writeFileSync(policy, JSON.stringify(DEFAULT_POLICY))
    await conclude('before')
    expect(
      PolicySchema.parse(JSON.parse(readFileSync(join(folder, 'before/report/policy.json'), 'utf8'))),
    ).toEqual(DEFAULT_POLICY)

    writeFileSync(policy, JSON.stringify({ ...DEFAULT_POLICY, rules: DEFAULT_POLICY.rules.slice(0, 2) }))
    git('add', 'policy.yaml')
    git('commit', '--quiet', '-m', 'we are late')
    const { report } = await conclude('after', 'before')
    expect(ReportSchema.parse(report).gateLedger).toMatchObject({
      changes: [{ what: 'the rule covered is gone', loosens: true, file: 'policy' }],
      authors: [{ file: 'policy', author: 'Ann Example' }],
    })
    expect(report.notes[0]).toMatch(
      /^the gate is looser than in run \S+: the rule covered is gone \(policy file changed by Ann Example on 20\S+, [0-9a-f]{7,}\)$/,
    )
    expect((await conclude('after', 'after')).report.gateLedger?.changes).toEqual([])

    rmSync(join(folder, 'before/report/policy.json'))
    const unknown = (await conclude('after', 'before')).report
    expect(unknown.gateLedger).toMatchObject({ policyOnRecord: false, changes: [] })
    expect(unknown.notes[0]).toMatch(/^the policy that run \S+ was judged by is not on record/)
  },
)
