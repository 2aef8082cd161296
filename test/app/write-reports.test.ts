import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { workingContext } from '../../src/app/working-context.ts'
import { writeReports, type WrittenReports } from '../../src/app/write-reports.ts'
import { htmlReporter } from '../../src/plugins/reporters/html.ts'
import { jsonReporter } from '../../src/plugins/reporters/json.ts'
import { junitReporter } from '../../src/plugins/reporters/junit.ts'
import { markdownReporter } from '../../src/plugins/reporters/markdown.ts'
import type { Reporter } from '../../src/sdk/reporter.ts'
import { badRun } from '../stand-ins/scripted-report.ts'

let runFolder: string
beforeEach(async () => {
  runFolder = await mkdtemp(join(tmpdir(), 'ringzero-reports-'))
})
afterEach(() => rm(runFolder, { recursive: true, force: true }))

const run = (reporters: readonly Reporter[], stepSummary?: string): Promise<WrittenReports> =>
  writeReports(
    { runFolder, ...badRun(), reporters, ...(stepSummary === undefined ? {} : { stepSummary }) },
    workingContext(new AbortController().signal),
  )

test('every rendering is written whole into the report folder', async () => {
  const { files, broken } = await run([jsonReporter, junitReporter(), markdownReporter, htmlReporter])
  expect(broken).toBeUndefined()
  expect(files).toEqual(
    ['report.json', 'junit.xml', 'summary.md', 'index.html'].map((name) => join(runFolder, 'report', name)),
  )
  const report: unknown = JSON.parse(await readFile(join(runFolder, 'report', 'report.json'), 'utf8'))
  expect(report).toEqual(JSON.parse(JSON.stringify(badRun().report)))
})

test('a reporter that breaks fails the run at its end, and the others still write', async () => {
  const breaks = (name: string): Reporter => ({
    name,
    write: () => Promise.reject(new Error(`${name} has no paper`)),
  })
  const { files, broken } = await run([breaks('first'), jsonReporter, breaks('second')])
  expect(files).toHaveLength(1)
  expect(broken).toMatchObject({ fault: 'plugin', code: 'REPORTER_FAILED' })
  expect(broken?.problems.map(({ message }) => message)).toEqual([
    'the reporter first broke: first has no paper',
    'the reporter second broke: second has no paper',
  ])
})

test('no reporter can change what the next one reads', async () => {
  const vandal: Reporter = {
    name: 'vandal',
    write(report) {
      ;(report.cells[0]!.verdict as { outcome: string }).outcome = 'pass'
      return Promise.resolve()
    },
  }
  expect((await run([vandal])).broken?.message).toContain('read only')
})

test('a report stays inside its folder, and evidence inside its run', async () => {
  await writeFile(join(runFolder, 'serial.log'), '0123456789')
  await mkdir(join(runFolder, 'inner'))
  await symlink('/etc/hostname', join(runFolder, 'inner', 'link'))
  const seen: (string | undefined)[] = []
  const nosy: Reporter = {
    name: 'nosy',
    async write(_report, _gate, output) {
      for (const path of [
        'serial.log',
        '../../etc/hostname',
        '/etc/hostname',
        'inner/link',
        '',
        'inner',
        'gone',
      ])
        seen.push((await output.evidence(path, 4))?.toString())
      await output.write('../escaped.txt', 'x')
    },
  }
  const { broken, files } = await run([nosy])
  expect(seen).toEqual(['6789', undefined, undefined, undefined, undefined, undefined, undefined])
  expect(broken?.message).toContain('no file name for a report')
  expect(files).toEqual([])
})

test('the summary is added to what the job summary already holds', async () => {
  const summary = join(runFolder, 'step-summary.md')
  await writeFile(summary, 'before\n')
  await run([markdownReporter], summary)
  expect(await readFile(summary, 'utf8')).toMatch(/^before\n# ⛔ HOLD/)
})
