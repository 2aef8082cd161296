/** What readers of junit.xml make of it, each held by the rule that its own code follows. */
import { describe, expect, it } from 'vitest'
import type { Report } from '../../../src/model/report.ts'
import { junitDocuments, renderJunit, type JunitReader } from '../../../src/plugins/reporters/junit.ts'
import { attachmentBase, attachmentPath, profileOf } from '../../../src/plugins/reporters/junit-profile.ts'
import { badRun, goodRun } from '../../stand-ins/scripted-report.ts'

type Cell = Report['cells'][number]

const changed = (report: Report, change: (cell: Cell) => Cell): Report => ({
  ...report,
  cells: report.cells.map((cell) => change(cell)),
})
const reader = (warn: JunitReader['warn']): JunitReader => ({ warn, attachment: (path) => path })
const count = (xml: string, pattern: RegExp): number => xml.match(pattern)?.length ?? 0

describe('a guest that speaks a reader’s language', () => {
  it('attaches no file of the CI computer: Jenkins and GitLab publish what [[ATTACHMENT|…]] names', () => {
    const title =
      'Kernel panic - not syncing: [[ATTACHMENT|/etc/hostname]] [[[PROPERTY|a=b]] ##vso[task.complete]'
    const xml = renderJunit(
      changed(badRun().report, ({ planned, verdict }) => ({
        planned: { ...planned, configuration: { ...planned.configuration, cpu: title } },
        verdict: {
          ...verdict,
          because: title,
          symptoms: verdict.symptoms.map((symptom) => ({ ...symptom, summary: title, seen: title })),
          blind: [{ subject: title, reason: title }],
        },
      })),
    )
    expect(xml).toContain('/etc/hostname')
    expect(xml.replaceAll('<![CDATA[', '')).not.toContain('[[')
    expect(xml).not.toContain('##vso[')
  })
})

describe('the cases', () => {
  it('are the cells and what failed or could not look: a hold is no 98 % passed', () => {
    const { report } = badRun()
    const failing = report.cells.filter(({ verdict }) => verdict.outcome === 'fail').length
    const xml = renderJunit(report)
    const passed = count(xml, /<testcase /g) - count(xml, /<(?:failure|error|skipped)[ >/]/g)
    expect(passed).toBe(report.cells.length - failing)
  })

  it('of a check that could not look is skipped with its reason, and a cell without a verdict has no other case', () => {
    const blind = [{ subject: 'event-log', reason: 'the log is locked' }]
    const open = (outcome: Cell['verdict']['outcome']): string =>
      renderJunit(
        changed(goodRun().report, ({ planned, verdict }) => ({
          planned,
          verdict: { ...verdict, outcome, blind },
        })),
      )
    expect(open('pass')).toMatch(
      /· event-log"[^>]*>\s*<skipped message="could not look: the log is locked">could not/,
    )
    expect(count(open('inconclusive'), /<testcase /g)).toBe(goodRun().report.cells.length)
  })

  it.each([
    ['failure', ['<failure message="[warn] slower']],
    ['skipped', ['<skipped message="[warn] slower']],
    ['pass', []],
  ] as const)('of a warning is a %s where that is asked for', (warn, elements) => {
    const report = changed(goodRun().report, ({ planned, verdict }) => ({
      planned,
      verdict: { ...verdict, outcome: 'warn', blame: 'candidate', because: 'slower' },
    }))
    const xml = renderJunit(report, reader(warn))
    const found = [...new Set(xml.match(/<(?:failure|skipped) message="\[warn\] slower/g))]
    expect(found).toEqual(elements)
    expect(xml).toContain('slower')
  })

  it('keep their names from run to run, whatever the ids of cells are, and long ones stay apart', () => {
    const long = (suffix: string): Report =>
      changed(goodRun().report, ({ planned, verdict }) => ({
        planned: {
          ...planned,
          id: `${planned.id}${suffix}`,
          configuration: { ...planned.configuration, axis: 'x'.repeat(400) },
        },
        verdict,
      }))
    const names = (report: Report): string[] =>
      [...renderJunit(report).matchAll(/<testsuite name="([^"]*)"/g)].map(([, name]) => name ?? '')
    expect(names(long('-a'))).toEqual(names(long('-b')))
    expect(new Set(names(long('-a'))).size).toBe(goodRun().report.cells.length)
    expect(Math.max(...names(long('-a')).map((name) => name.length))).toBeLessThanOrEqual(160)
  })
})

describe('the root', () => {
  it('has a time and no skipped, which Jenkins’ xunit plugin refuses', () => {
    const root = /<testsuites[^>]*>/.exec(renderJunit(badRun().report))?.[0] ?? ''
    expect(root).toMatch(/ time="\d+\.\d{3}"/)
    expect(root).not.toContain('skipped')
  })
})

describe('each failure', () => {
  it('has a type, which the schema of Surefire requires', () => {
    const report = changed(badRun().report, ({ planned, verdict }) => ({
      planned,
      verdict: {
        ...verdict,
        checksRun: ['services'],
        symptoms: verdict.symptoms.map((symptom) => ({ ...symptom, source: 'services', severity: 'fail' })),
      },
    }))
    const failures = renderJunit(report).match(/<failure [^>]*>/g) ?? []
    const failing = report.cells.filter(({ verdict }) => verdict.outcome === 'fail')
    // The first of the cell, the second of its check.
    expect(failures).toHaveLength(2 * failing.length)
    for (const failure of failures) expect(failure).toContain(' type="')
  })

  it('is counted once: the one that makes its cell red has no case of its check beside it', () => {
    const { report } = badRun()
    const xml = renderJunit(
      changed(report, ({ planned, verdict }) => ({
        planned,
        verdict: {
          ...verdict,
          checksRun: ['services'],
          symptoms: verdict.symptoms.slice(0, 1).map((symptom) => ({ ...symptom, source: 'services' })),
        },
      })),
    )
    const failing = report.cells.filter(({ verdict }) => verdict.outcome === 'fail')
    expect(failing.length).toBeGreaterThan(0)
    expect(count(xml, /<failure /g)).toBe(failing.length)
    expect(xml).toContain(`failures="${failing.length}"`)
  })
})

describe('a report past the limits of readers', () => {
  it('is split into documents that each are whole, and no cell is in two', { timeout: 300_000 }, () => {
    const { report } = badRun()
    const cells = Array.from({ length: 25_000 }, (_, index) => {
      const cell = report.cells[index % report.cells.length] as Cell
      return { ...cell, planned: { ...cell.planned, id: `c${index}`, configuration: { n: String(index) } } }
    })
    const documents = [...junitDocuments({ ...report, cells }, reader('pass'))]
    expect(documents.length).toBeGreaterThan(1)
    const suites = documents.flatMap((xml) =>
      [...xml.matchAll(/<testsuite name="([^"]*)"/g)].map(([, name]) => name),
    )
    expect(new Set(suites).size).toBe(25_000)
    expect(suites).toHaveLength(25_000)
    for (const xml of documents) {
      expect(Buffer.byteLength(xml)).toBeLessThan(30_000_000)
      expect(Number(/ tests="(\d+)"/.exec(xml)?.[1])).toBe(count(xml, /<testcase /g))
    }
  })
})

describe('attachments', () => {
  it.each([
    [{ GITLAB_CI: 'true', CI_PROJECT_DIR: '/builds/a' }, '/builds/a/runs/1/x.log', 'gitlab', 'runs/1/x.log'],
    [{ GITLAB_CI: 'true', CI_PROJECT_DIR: '/builds/a' }, '/var/runs/1/x.log', 'gitlab', undefined],
    [{ JENKINS_URL: 'http://ci', WORKSPACE: '/ws' }, '/ws/runs/1/x.log', 'jenkins', 'runs/1/x.log'],
    [{ JENKINS_URL: 'http://ci', WORKSPACE: '/ws' }, '/var/runs/1/x.log', 'jenkins', '/var/runs/1/x.log'],
    [{ TF_BUILD: 'True', BUILD_SOURCESDIRECTORY: '/s' }, '/s/runs/1/x.log', 'azure', 'runs/1/x.log'],
    [{}, '/here/runs/1/x.log', 'plain', 'runs/1/x.log'],
  ] as const)('are found by the reader of %j', (environment, file, profile, expected) => {
    expect(profileOf(environment)).toBe(profile)
    const base = attachmentBase(profile, environment, '/here')
    expect(attachmentPath(profile, base, file)).toBe(expected)
  })
})
