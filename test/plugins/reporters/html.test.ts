import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import * as fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { inertJson } from '../../../src/kit/inert-page.ts'
import { printable } from '../../../src/kit/text.ts'
import type { Gate, Report, Suspect } from '../../../src/model/report.ts'
import { cellHref, TABS } from '../../../src/page/report/route.ts'
import { renderHtml } from '../../../src/plugins/reporters/html.ts'
import type { OutputFolder } from '../../../src/sdk/reporter.ts'
import { badRun } from '../../stand-ins/scripted-report.ts'
import { axeFindings } from '../../support/axe-findings.ts'
import { noBrowser, openFile, startBrowser } from '../../support/browser.ts'
import { needs } from '../../windows-host/not-on-windows.ts'
import { EVERYTHING, hostileRun } from './hostile-report.ts'

const PNG = Buffer.from('89504e470d0a1a0a', 'hex')
const output = (files: Readonly<Record<string, Buffer>> = {}): OutputFolder => ({
  runFolder: '/run',
  write: (name) => Promise.resolve(name),
  list: () => Promise.resolve(['junit.xml', 'index.html', 'summary.md']),
  evidence: (path) => Promise.resolve(files[path]),
})
const render = ({ report, gate }: { report: Report; gate: Gate }): Promise<string> =>
  renderHtml(report, gate, output())

/** A picture and a serial line of both arms for one cell, and what the run folder holds of them. */
function withEvidence(
  report: Report,
  cell: string,
): { readonly report: Report; readonly files: Readonly<Record<string, Buffer>> } {
  const record = (arm: 'candidate' | 'control', name: string, mediaType: string) => ({
    id: 'e'.repeat(64),
    cell,
    arm,
    attempt: 1,
    name,
    mediaType,
    bytes: 8,
    path: `cells/${arm}/${name}`,
    phase: 'collect',
    cut: false,
  })
  const start = 'SeaBIOS\n[ 0.0] Linux version 6\n[ 0.1] same\n'
  return {
    report: {
      ...report,
      evidence: [
        record('candidate', 'screen.png', 'image/png'),
        record('candidate', 'serial.log', 'text/plain'),
        record('control', 'serial.log', 'text/plain'),
      ],
    },
    files: {
      'cells/candidate/screen.png': PNG,
      'cells/candidate/serial.log': Buffer.from(`${start}[ 0.2] BUG: kernel NULL pointer dereference\n`),
      'cells/control/serial.log': Buffer.from(`${start}ringzero: milestone agent\n`),
    },
  }
}

describe('index.html', () => {
  test('is one file that names its only script and style by hash and may load nothing', async () => {
    const html = await render(badRun())
    const policy = /content="(default-src[^"]*)"/.exec(html)?.[1] ?? ''
    expect(policy).toContain("default-src 'none'")
    expect(policy).not.toContain('unsafe')
    for (const [tag, directive] of [
      ['script', 'script-src'],
      ['style', 'style-src'],
    ]) {
      const text = new RegExp(`<${tag}(?: type="module")?>([^]*?)</${tag}>`).exec(html)?.[1] ?? ''
      const hash = createHash('sha256').update(text).digest('base64')
      expect(policy).toContain(`${directive} 'sha256-${hash}'`)
    }
    expect(html).not.toMatch(/(?:src|href)="?https?:|@import|url\(/)
    // Preact can set innerHTML; no component asks it to, and the policy would refuse it.
    expect(policy).toContain("require-trusted-types-for 'script'; trusted-types 'none'")
    expect(html).not.toMatch(/outerHTML|insertAdjacentHTML|document\.write|eval\(/)
  })

  test('holds guest text only as data that can end no element', async () => {
    const html = await render(hostileRun())
    const plain = await render(badRun())
    for (const mark of [/<script/g, /<\/script/g, /<!--/g, /<img/g])
      expect([...html.matchAll(mark)].length).toBe([...plain.matchAll(mark)].length)
    const json = /<script type="application\/json" id="data">([^]*?)<\/script>/.exec(html)?.[1] ?? ''
    expect(JSON.parse(json)).toMatchObject({ gate: { because: printable(EVERYTHING) } })
    expect(html.isWellFormed()).toBe(true)
  })

  test('any value becomes JSON without a character that HTML could read, and back', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.string({ unit: 'binary' }), (value, text) => {
        const json = inertJson([value, text])
        expect(json).not.toMatch(/[<>&\u2028\u2029]/)
        expect(JSON.parse(json)).toEqual(JSON.parse(JSON.stringify([value, text])))
      }),
    )
  })

  test('embeds real pictures and serial tails of cells that did not pass, and links plain paths only', async () => {
    const { report, gate } = badRun()
    const cellOf = (outcome: string): string =>
      report.cells.find(({ verdict }) => verdict.outcome === outcome)!.planned.id
    const record = (
      cell: string,
      name: string,
      mediaType: string,
      path: string,
    ): Report['evidence'][number] => ({
      id: 'a'.repeat(64),
      cell,
      arm: 'candidate',
      attempt: 1,
      name,
      mediaType,
      bytes: 8,
      path,
      phase: 'collect',
      cut: false,
    })
    const evidence = [
      record(cellOf('fail'), 'screen.png', 'image/png', 'a/screen 1.png'),
      record(cellOf('fail'), 'fake.png', 'image/png', 'a/fake.png'),
      record(cellOf('fail'), 'serial.log', 'text/plain', 'a/serial.log'),
      record(cellOf('fail'), 'x', 'text/plain', '../../etc/passwd'),
      record(cellOf('pass'), 'serial.log', 'text/plain', 'b/serial.log'),
    ]
    const files = {
      'a/screen 1.png': PNG,
      'a/fake.png': Buffer.from('<svg onload=alert(1)>'),
      'a/serial.log': Buffer.from('\u001b[31mpanic\u0000'),
      'b/serial.log': Buffer.from('all is well'),
    }
    const html = await renderHtml({ ...report, evidence }, gate, output(files))
    expect(html).toContain(`"image":"data:image/png;base64,${PNG.toString('base64')}"`)
    expect(html.match(/"image":"data:/g)).toHaveLength(1)
    expect(html).toContain('"text":"panic"')
    expect(html).not.toContain('all is well')
    expect(html).toContain('"href":"../a/screen%201.png"')
    expect(html).not.toContain('etc/passwd')
  })

  test('stays small when a guest says ten megabytes', async () => {
    const html = await render(hostileRun('x'.repeat(10_000_000)))
    expect(html.length).toBeLessThan(20_000_000)
  })
})

describe('index.html in a browser', needs(noBrowser === undefined, 'a browser'), () => {
  let browser: Browser
  const folder = mkdtempSync(join(tmpdir(), 'ringzero-page-'))
  beforeAll(async () => {
    browser = await startBrowser()
  })
  afterAll(async () => {
    await browser.close()
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
  })

  async function open(
    run: { report: Report; gate: Gate },
    options: Parameters<typeof openFile>[2] = { viewport: { width: 1280, height: 900 } },
  ): Promise<Page> {
    await writeFile(join(folder, 'index.html'), await render(run))
    const { page, errors } = await openFile(browser, join(folder, 'index.html'), options)
    await page.locator('main > *').first().waitFor()
    expect(errors).toEqual([])
    return page
  }

  /** The page's document after its scripts ran, as a real browser sees it from the file system. */
  async function opened(run: { report: Report; gate: Gate }): Promise<string> {
    const page = await open(run)
    const dom = await page.content()
    await page.close()
    return dom
  }

  test('draws the decision, a tile with a sign for each cell, each failure once, gate and gaps', async () => {
    const dom = await opened(badRun())
    expect(dom).toContain('<h1>HOLD</h1>')
    expect(dom.match(/class="tile o-fail/g)).toHaveLength(2)
    expect(dom.match(/class="tile o-pass/g)).toHaveLength(6)
    expect(dom.match(/class="problem s-fail"/g)).toHaveLength(2)
    expect(dom).toContain('3 starts in a row died by themselves')
    for (const part of ['id="suspects"', 'id="gate"', 'id="coverage"', 'Physical processor families'])
      expect(dom).toContain(part)
    expect(dom).not.toContain('class="undrawn"')
    expect(dom.match(/<title>(.*)<\/title>/)?.[1]).toBe('hold: Channel file 291 · ringzero')
  })

  test('a large run packs its cells in blocks, shows groups first, and reads a block when a cell is asked for', async () => {
    const { report, gate } = badRun()
    const cells = Array.from({ length: 450 }, (_, place) => {
      const { planned, verdict } = report.cells[place % report.cells.length]!
      const id = `cell-${place}`
      return { planned: { ...planned, id, purpose: `purpose ${place}` }, verdict: { ...verdict, cell: id } }
    })
    const counts = { ...report.counts, fail: 112, pass: 338 }
    const html = await render({ report: { ...report, cells, counts }, gate })
    expect(
      html.match(/<script type="application\/gzip" id="(?:data|cells-[0-2])">/g)?.length,
    ).toBeGreaterThan(2)
    const page = await open({ report: { ...report, cells, counts }, gate })
    expect(await page.locator('.tile').count()).toBeLessThan(60)
    await page.getByText('✓ 112').or(page.getByText('✓ 113')).first().click()
    expect(await page.locator('.tile').count()).toBeGreaterThan(100)
    for (const place of [449, 0, 1]) {
      await page.evaluate(`location.hash = '#/cell/cell-${place}'`)
      await page.getByText(`purpose ${place}`, { exact: true }).waitFor()
    }
    await page.close()
  })

  test('says why cells did not pass that show no failure of the candidate, each reason once', async () => {
    const { report, gate } = badRun()
    const because = 'the host went away while the machine ran'
    const cells = report.cells.map((cell) =>
      cell.verdict.outcome === 'pass'
        ? { ...cell, verdict: { ...cell.verdict, outcome: 'inconclusive' as const, because } }
        : cell,
    )
    const page = await open({ report: { ...report, cells }, gate })
    expect(await page.locator('#open .problem').allTextContents()).toEqual([
      expect.stringMatching(`^inconclusive on 6 cells${because}`),
    ])
    // Of the two cells with a verdict: five pairs. A cell that says nothing shows none.
    expect(await page.locator('#triangle').textContent()).toContain('5 of 12 seen together')
    await page.close()
    expect(await opened({ report, gate })).not.toContain('id="open"')
  })

  test('says of each failure whether it is new or known, and which are gone', async () => {
    const run = badRun()
    const [first = ''] = run.report.cells.flatMap(({ verdict }) =>
      verdict.symptoms.map(({ signature }) => signature),
    )
    const earlier = { run: 'earlier', candidate: 'c', release: '290', known: [first], gone: ['hang|gone'] }
    const page = await open({ ...run, report: { ...run.report, earlier } })
    expect((await page.locator('#failures .since').allTextContents()).sort()).toEqual(['known', 'new'])
    expect(await page.locator('#failures details').textContent()).toContain('hang|gone')
    await page.close()
  })

  test('the first screen of 1280 × 900 has decision, cause, suspect and recovery', async () => {
    const suspects: Suspect[] = [
      {
        values: { product: 'netwatch', cpu: 'max' },
        rank: 1,
        failure: 'boot-loop: 2 starts died',
        signatures: ['boot-loop|reset'],
        explains: 2,
        failing: 2,
        passing: 0,
        support: 'likely',
        equivalent: [],
        because: 'in 2 of 2 failing cells and 0 passing',
      },
    ]
    const page = await open(badRun({ suspects }))
    for (const text of ['HOLD', 'the kernel died in sensor', 'netwatch', 'content-rollback']) {
      const box = await page.getByText(text).first().boundingBox()
      expect(box?.y).toBeLessThan(400)
    }
  })

  test('a cell is a page of its own, and the keys lead from failure to failure', async () => {
    const page = await open(badRun())
    await page.locator('.tile.o-fail').first().click()
    expect(page.url()).toMatch(/#\/cell\/[\w-]+$/)
    expect(await page.locator('.symptom').first().textContent()).toContain('panic')
    const first = page.url()
    await page.keyboard.press('j')
    await page.getByText('2 of 2 to look at').waitFor()
    expect(page.url()).not.toBe(first)
    await page.keyboard.press('k')
    await page.getByText('1 of 2 to look at').waitFor()
    expect(page.url()).toBe(first)
    await page.getByRole('tab', { name: 'Cause' }).focus()
    await page.keyboard.press('ArrowRight')
    await page.getByRole('tab', { selected: true, name: 'Starts' }).waitFor()
    expect(await page.locator('.frame.died').count()).toBe(3)
    await page.keyboard.press('Escape')
    expect(page.url()).toMatch(/#\/$/)
    await page.close()
  })

  test('shows the candidate beside the control from where they part, and pictures in full size', async () => {
    const run = badRun()
    const cell = run.report.cells.find(({ verdict }) => verdict.outcome === 'fail')!.planned.id
    const { report, files } = withEvidence(run.report, cell)
    await writeFile(join(folder, 'index.html'), await renderHtml(report, run.gate, output(files)))
    const { page } = await openFile(browser, join(folder, `index.html#/cell/${cell}/compare`))
    const parting = page.locator('tr.parting')
    expect(await parting.locator('td').first().textContent()).toContain('BUG: kernel NULL pointer')
    expect(await parting.locator('td').last().textContent()).toBe('ringzero: milestone agent')
    await page.getByRole('tab', { name: 'Evidence' }).click()
    expect(await page.locator('dialog[open]').count()).toBe(0)
    await page.locator('.picture').first().click()
    expect(await page.locator('dialog[open]').count()).toBe(1)
    await page.close()
  })

  test('says so where a part cannot be drawn, and draws the others', async () => {
    const { report, gate } = badRun()
    const coverage = { ...report.coverage, gaps: undefined } as unknown as Report['coverage']
    const dom = await opened({ report: { ...report, coverage }, gate })
    expect(dom).toContain('class="undrawn"')
    expect(dom).toContain('3 starts in a row died by themselves')
  })

  test('runs nothing that a guest wrote, on the run and on every tab of a cell', async () => {
    const run = hostileRun(
      `${EVERYTHING} <img src=x onerror="document.title='owned'"><script>document.title='owned'</script>`,
    )
    const page = await open(run)
    const cell = run.report.cells[0]!.planned.id
    for (const hash of ['', ...TABS.map((tab) => cellHref(cell, tab))]) {
      await page.evaluate(`location.hash = ${JSON.stringify(hash)}`)
      await page
        .locator(hash === '' ? '.columns' : '[role=tabpanel] :not([role=status])')
        .first()
        .waitFor()
      const dom = await page.content()
      expect(dom).not.toContain('class="undrawn"')
      expect(dom).toMatch(/<title>\w+: /)
      expect(dom).not.toContain('<title>owned')
      expect(dom).not.toMatch(/<img src="?x/)
      expect(dom.match(/<script/g)).toHaveLength(3)
      expect(dom).not.toMatch(/href="(?!#|\.\.\/|junit\.xml|summary\.md|gate\.json)/)
    }
    await page.close()
  })

  test.each([
    ['wide', 1280, 'light', TABS],
    ['narrow', 400, 'light', TABS],
    ['dark', 1280, 'dark', ['starts', 'compare']],
  ] as const)('%s: axe finds nothing serious on the run and its cells', async (_, width, scheme, tabs) => {
    const run = badRun()
    const cell = run.report.cells.find(({ verdict }) => verdict.outcome === 'fail')!.planned.id
    const { report, files } = withEvidence(run.report, cell)
    const file = join(folder, 'index.html')
    await writeFile(file, await renderHtml(report, run.gate, output(files)))
    for (const hash of ['', ...tabs.map((tab) => cellHref(cell, tab))])
      expect(
        await axeFindings(browser, file, { width, height: 900 }, { colorScheme: scheme, hash }),
        hash,
      ).toEqual([])
  })

  test('nothing is wider than a narrow screen, and print is dark on white even in a dark theme', async () => {
    const page = await open(badRun(), { viewport: { width: 400, height: 800 }, colorScheme: 'dark' })
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(400)
    await page.emulateMedia({ media: 'print' })
    const colours = await page.evaluate<readonly string[]>(
      "[getComputedStyle(document.body).color, getComputedStyle(document.querySelector('.card')).backgroundColor]",
    )
    expect(colours).toEqual(['rgb(0, 0, 0)', 'rgb(255, 255, 255)'])
    await page.close()
  })

  test('copies the signature, the command that explains a cell and the one that runs it once more', async () => {
    const run = badRun()
    const { id } = run.report.cells.find(({ verdict }) => verdict.outcome === 'fail')!.planned
    await writeFile(join(folder, 'index.html'), await render(run))
    const { page } = await openFile(browser, join(folder, 'index.html'))
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write'])
    await page.evaluate(`location.hash = ${JSON.stringify(cellHref(id))}`)
    const copied: string[] = []
    for (const what of ['signature', 'ringzero explain', 'command to reproduce']) {
      await page
        .locator('.actions')
        .getByRole('button', { name: `copy ${what}`, exact: true })
        .click()
      await page.locator('.actions').getByRole('button', { name: '✓ copied' }).nth(copied.length).waitFor()
      copied.push(await page.evaluate<string>('navigator.clipboard.readText()'))
    }
    expect(copied).toEqual([
      expect.stringMatching(/^(?:panic|boot-loop)\|.*sensor/) as string,
      `ringzero explain runs/${run.report.run.id} ${id}`,
      `ringzero run --plan runs/${run.report.run.id} --only ${id}`,
    ])
    await page.close()
  })

  test('turns no text into markup, even where a script asked for it', async () => {
    await writeFile(join(folder, 'index.html'), await render(badRun()))
    const { page } = await openFile(browser, join(folder, 'index.html'))
    const refused = await page.evaluate<string>(
      "try { document.body.innerHTML = '<b>markup</b>'; 'taken' } catch (error) { String(error) }",
    )
    await page.close()
    expect(refused).toContain('TrustedHTML')
  })
})
