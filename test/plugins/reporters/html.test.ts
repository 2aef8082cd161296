import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser } from 'playwright-core'
import * as fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { inertJson } from '../../../src/kit/inert-page.ts'
import { printable } from '../../../src/kit/text.ts'
import type { Gate, Report } from '../../../src/model/report.ts'
import { renderHtml } from '../../../src/plugins/reporters/html.ts'
import type { OutputFolder } from '../../../src/sdk/reporter.ts'
import { badRun } from '../../stand-ins/scripted-report.ts'
import { axeFindings } from '../../support/axe-findings.ts'
import { noBrowser, openFile, startBrowser } from '../../support/browser.ts'
import { EVERYTHING, hostileRun } from './hostile-report.ts'

const PNG = Buffer.from('89504e470d0a1a0a', 'hex')
const output = (files: Readonly<Record<string, Buffer>> = {}): OutputFolder => ({
  write: (name) => Promise.resolve(name),
  list: () => Promise.resolve(['junit.xml', 'index.html', 'summary.md']),
  evidence: (path) => Promise.resolve(files[path]),
})
const render = ({ report, gate }: { report: Report; gate: Gate }): Promise<string> =>
  renderHtml(report, gate, output())

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
    expect(html).toContain('"tail":"panic"')
    expect(html).not.toContain('all is well')
    expect(html).toContain('"href":"../a/screen%201.png"')
    expect(html).not.toContain('etc/passwd')
  })

  test('stays small when a guest says ten megabytes', async () => {
    const html = await render(hostileRun('x'.repeat(10_000_000)))
    expect(html.length).toBeLessThan(20_000_000)
  })
})

describe.skipIf(noBrowser !== undefined)('index.html in a browser', () => {
  let browser: Browser
  const folder = mkdtempSync(join(tmpdir(), 'ringzero-page-'))
  beforeAll(async () => {
    browser = await startBrowser()
  })
  afterAll(async () => {
    await browser.close()
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
  })

  /** The page's document after its scripts ran, as a real browser sees it from the file system. */
  async function opened(run: { report: Report; gate: Gate }): Promise<string> {
    await writeFile(join(folder, 'index.html'), await render(run))
    const { page, errors } = await openFile(browser, join(folder, 'index.html'))
    const dom = await page.content()
    await page.close()
    expect(errors).toEqual([])
    return dom
  }

  test('draws the decision, a tile with a sign for each cell, the worst cell, suspects, gate and gaps', async () => {
    const dom = await opened(badRun())
    expect(dom).toContain('<h1>HOLD</h1>')
    expect(dom.match(/class="tile o-fail/g)).toHaveLength(2)
    expect(dom.match(/class="tile o-pass/g)).toHaveLength(6)
    expect(dom).toContain('3 starts in a row died by themselves')
    for (const part of [
      'id="suspects"',
      'id="gate"',
      'id="coverage"',
      'Physical processor families',
      'How far it got',
    ])
      expect(dom).toContain(part)
    expect(dom).not.toContain('class="undrawn"')
    expect(dom.match(/<title>(.*)<\/title>/)?.[1]).toBe('hold: Channel file 291 · ringzero')
  })

  test('says so where a part cannot be drawn, and draws the others', async () => {
    const { report, gate } = badRun()
    const coverage = { ...report.coverage, gaps: undefined } as unknown as Report['coverage']
    const dom = await opened({ report: { ...report, coverage }, gate })
    expect(dom).toContain('class="undrawn"')
    expect(dom).toContain('3 starts in a row died by themselves')
  })

  test('runs nothing that a guest wrote', async () => {
    const dom = await opened(
      hostileRun(
        `${EVERYTHING} <img src=x onerror="document.title='owned'"><script>document.title='owned'</script>`,
      ),
    )
    expect(dom).toContain('class="decision')
    // All of it is drawn, suspects that others are indistinguishable from among it.
    for (const part of ['id="suspects"', 'indistinguishable', 'id="gate"', 'id="coverage"', 'class="block"'])
      expect(dom).toContain(part)
    expect(dom).not.toContain('class="undrawn"')
    expect(dom).toMatch(/<title>hold: /)
    expect(dom).not.toContain('<title>owned')
    expect(dom).not.toMatch(/<img src="?x/)
    expect(dom.match(/<script/g)).toHaveLength(2)
    expect(dom).not.toMatch(/href="(?!#|\.\.\/)/)
  })

  test.each([
    ['wide', 1280],
    ['narrow', 400],
  ])('%s: axe finds nothing serious', async (_, width) => {
    await writeFile(join(folder, 'index.html'), await render(badRun()))
    expect(await axeFindings(browser, join(folder, 'index.html'), { width, height: 900 })).toEqual([])
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
