import { cpSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { compareRuns } from '../../src/app/compare-runs.ts'
import { concludeRun } from '../../src/app/conclude-run.ts'
import { readHistory } from '../../src/app/read-history.ts'
import { writeHistoryPage } from '../../src/app/write-history-page.ts'
import { systemClock } from '../../src/kit/clock.ts'
import { DEFAULT_POLICY } from '../../src/model/policy.ts'
import { jsonReporter } from '../../src/plugins/reporters/json.ts'
import { failureRateBounds } from '../../src/judge/statistics/failure-rate.ts'
import { diffReports } from '../../src/report/diff-reports.ts'
import { buildHistory, digestRun } from '../../src/report/history.ts'
import { EVERYTHING, hostileRun } from '../plugins/reporters/hostile-report.ts'
import { goodRun } from '../stand-ins/scripted-report.ts'
import { axeFindings } from '../support/axe-findings.ts'
import { noBrowser, openFile, startBrowser } from '../support/browser.ts'
import { needs } from '../windows-host/not-on-windows.ts'

const journals = resolve(import.meta.dirname, '../../fixtures/journals')
const folder = mkdtempSync(join(tmpdir(), 'rz-history-'))
const signal = new AbortController().signal
afterAll(() => rmSync(folder, { recursive: true, maxRetries: 5 }))

/** A copy of a recorded run that may be written to. */
function recorded(name: string): string {
  const run = join(folder, name)
  cpSync(join(journals, name), run, { recursive: true })
  return run
}

describe('the history of a folder of runs', () => {
  test('judges the journal where there is no report, and reads the report where it is newer', async () => {
    const run = recorded('boot-loop-on-a-pair')
    const judged = await readHistory([run], signal)
    expect(judged.runs[0]).toMatchObject({ decision: 'hold', counts: { fail: 2, pass: 6 } })
    await concludeRun({
      runFolder: run,
      policy: undefined,
      reporters: [jsonReporter],
      signal,
      stepSummary: undefined,
    })
    expect(await readHistory([run], signal)).toEqual(judged)
    const report = join(run, 'report/report.json')
    writeFileSync(report, readFileSync(report, 'utf8').replaceAll('Channel file', 'Changed title'))
    expect((await readHistory([run], signal)).runs[0]?.candidate).not.toBe(judged.runs[0]?.candidate)
    // One of another version neither.
    const { schema: _, ...rest } = JSON.parse(readFileSync(report, 'utf8')) as Record<string, unknown>
    writeFileSync(report, JSON.stringify(rest))
    expect(await readHistory([run], signal)).toEqual(judged)
    // A report that is older than the journal says nothing.
    utimesSync(report, 0, 0)
    expect(await readHistory([run], signal)).toEqual(judged)
  })

  test('takes all runs in a folder, and tells those that it cannot read', async () => {
    recorded('good')
    const broken = recorded('control-also-red')
    writeFileSync(join(broken, 'plan.json'), '{')
    const { runs, unread } = await readHistory([folder], signal)
    expect(runs.length).toBeGreaterThan(0)
    expect(unread).toMatchObject([{ folder: broken }])
  })

  test('a copy of a run counts once', async () => {
    const run = recorded('intermittent')
    cpSync(run, join(folder, 'copy'), { recursive: true })
    expect((await readHistory([run, join(folder, 'copy')], signal)).runs).toHaveLength(1)
  })

  test('a folder without runs is an error of the user that names it', async () => {
    await expect(readHistory([join(folder, 'nowhere')], signal)).rejects.toMatchObject({
      code: 'RUN_UNREADABLE',
      fault: 'user',
    })
  })
})

describe('the page of many runs', needs(noBrowser === undefined, 'a browser'), () => {
  let browser: Browser
  beforeAll(async () => {
    browser = await startBrowser()
  })
  afterAll(async () => {
    await browser.close()
  })

  test('shows failures with their state, trends, runs, and a comparison cell by cell; axe finds nothing serious', async () => {
    const [before, after] = [join(journals, 'good'), join(journals, 'boot-loop-on-a-pair')]
    const { diff, history } = await compareRuns(before, after, DEFAULT_POLICY, systemClock.now())
    const file = await writeHistoryPage(join(folder, 'compare.html'), history, diff)
    const { page, errors } = await openFile(browser, file)
    await page.locator('#runs').waitFor()
    // Two cells broke in the same way: one row.
    expect(await page.locator('#broken tbody tr').count()).toBe(1)
    expect(await page.locator('#broken tbody details').textContent()).toContain('and 1 more')
    expect(await page.locator('#signatures .since').allTextContents()).toContain('new')
    expect(await page.locator('#trends figure').count()).toBe(5)
    expect(errors).toEqual([])
    await page.close()
    for (const width of [1280, 400])
      for (const colorScheme of ['light', 'dark'] as const)
        expect(await axeFindings(browser, file, { width, height: 900 }, { colorScheme })).toEqual([])
    const { page: narrow } = await openFile(browser, file, { viewport: { width: 400, height: 900 } })
    expect(await narrow.evaluate<number>('document.documentElement.scrollWidth')).toBe(400)
    await narrow.close()
  })

  test('runs nothing that a guest wrote, and is no wider for it', async () => {
    const [good, bad] = [goodRun(), hostileRun(EVERYTHING.repeat(5))]
    const later = { ...bad.report, run: { ...bad.report.run, id: EVERYTHING, startedAt: Date.now() } }
    const digests = [
      digestRun(good.report, 'release', '/runs/a'),
      digestRun(later, bad.gate.decision, '/runs/b'),
    ]
    const unread = [{ folder: EVERYTHING, reason: EVERYTHING }]
    const file = await writeHistoryPage(
      join(folder, 'hostile.html'),
      buildHistory({ digests, unread, bounds: failureRateBounds }),
      diffReports(good.report, later),
    )
    for (const width of [1280, 400]) {
      const { page, errors } = await openFile(browser, file, { viewport: { width, height: 900 } })
      await page.locator('#runs').waitFor()
      expect(errors).toEqual([])
      expect(await page.evaluate('globalThis.owned')).toBeUndefined()
      expect(await page.evaluate<number>('document.documentElement.scrollWidth')).toBe(width)
      await page.close()
    }
  })
})
