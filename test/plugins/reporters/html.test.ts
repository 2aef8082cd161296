import { createHash } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { inertJson } from '../../../src/kit/inert-page.ts'
import { runProgram } from '../../../src/kit/process.ts'
import { printable } from '../../../src/kit/text.ts'
import type { Gate, Report } from '../../../src/model/report.ts'
import { renderHtml } from '../../../src/plugins/reporters/html.ts'
import type { OutputFolder } from '../../../src/sdk/reporter.ts'
import { badRun } from '../../report/scripted-report.ts'
import { EVERYTHING, hostileRun } from './hostile-report.ts'

const PNG = Buffer.from('89504e470d0a1a0a', 'hex')
const output = (files: Readonly<Record<string, Buffer>> = {}): OutputFolder => ({
  write: (name) => Promise.resolve(name),
  evidence: (path) => Promise.resolve(files[path]),
})
const render = ({ report, gate }: { report: Report; gate: Gate }): Promise<string> =>
  renderHtml(report, gate, output())

const chromium = (await runProgram('chromium', ['--version'])).exitCode === 0
if (!chromium)
  process.stderr.write('SKIPPED: the page is not opened in a browser: apt-get install chromium\n')

/** The page's document after its scripts ran, as a real browser sees it from the file system. */
async function opened(html: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'ringzero-page-'))
  try {
    await writeFile(join(folder, 'index.html'), html)
    const result = await runProgram(
      'chromium',
      [
        '--headless=new',
        '--no-sandbox',
        '--disable-gpu',
        `--user-data-dir=${folder}/profile`,
        '--dump-dom',
        `file://${folder}/index.html`,
      ],
      { timeoutMs: 55_000, maximumBytes: 64 * 1024 * 1024 },
    )
    return result.stdout.toString('utf8')
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 5 })
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
      const text = new RegExp(`<${tag}>([^]*?)</${tag}>`).exec(html)?.[1] ?? ''
      const hash = createHash('sha256').update(text).digest('base64')
      expect(policy).toContain(`${directive} 'sha256-${hash}'`)
    }
    expect(html).not.toMatch(/(?:src|href)="?https?:|@import|url\(/)
    expect(html).not.toMatch(/innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(/)
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
    expect(html.match(/"image":/g)).toHaveLength(1)
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

describe.skipIf(!chromium)('index.html in a browser', () => {
  test('draws the decision, a tile with a sign for each cell, the worst cell, suspects, gate and gaps', async () => {
    const dom = await opened(await render(badRun()))
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
    const dom = await opened(await render({ report: { ...report, coverage }, gate }))
    expect(dom).toContain('class="undrawn"')
    expect(dom).toContain('3 starts in a row died by themselves')
  })

  test('runs nothing that a guest wrote', async () => {
    const run = hostileRun(
      `${EVERYTHING} <img src=x onerror="document.title='owned'"><script>document.title='owned'</script>`,
    )
    const dom = await opened(await render(run))
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
})
