import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { checkMatrix } from '../../src/plan/check-matrix.ts'
import { loadMatrix } from '../../src/inputs/load-matrix.ts'
import { planCommand } from '../../src/app/plan-command.ts'
import { writePlanPage } from '../../src/app/write-plan-page.ts'
import { AppError } from '../../src/model/errors.ts'
import { axeFindings } from '../support/axe-findings.ts'
import { noBrowser, openFile, startBrowser } from '../support/browser.ts'
import { needs } from '../windows-host/not-on-windows.ts'

const folder = mkdtempSync(join(tmpdir(), 'rz-plan-page-'))
afterAll(() => rmSync(folder, { recursive: true, maxRetries: 5 }))

const endpoints = resolve(import.meta.dirname, '../../matrices/windows-endpoint.yaml')

async function planned(matrix: string, name: string, strength?: number): Promise<string> {
  const html = join(folder, name)
  const nothing = {
    pict: undefined,
    lab: undefined,
    candidate: undefined,
    since: undefined,
    history: undefined,
  }
  await planCommand({ ...nothing, matrix, html, strength, seed: 1, effort: 0 }, new AbortController().signal)
  return readFileSync(html, 'utf8')
}

describe('the page of a plan', () => {
  test('is one file that names its only script and style by hash and may load nothing', async () => {
    const html = await planned(endpoints, 'sealed.html')
    const policy = /content="(default-src[^"]*)"/.exec(html)?.[1] ?? ''
    expect(policy).toContain("default-src 'none'")
    for (const tag of ['script', 'style']) {
      const text = new RegExp(`<${tag}(?: type="module")?>([^]*?)</${tag}>`).exec(html)?.[1] ?? ''
      expect(policy).toContain(createHash('sha256').update(text).digest('base64'))
    }
    expect(html).not.toMatch(/(?:src|href)="?https?:|@import|url\(|document\.write|eval\(/)
  })

  test('is not written over what is there, nor into a folder that is not, and nothing is planned then', async () => {
    const taken = join(folder, 'taken.html')
    writeFileSync(taken, 'mine')
    await expect(planned(endpoints, 'taken.html')).rejects.toMatchObject({
      code: 'OUTPUT_EXISTS',
      fault: 'user',
    })
    expect(readFileSync(taken, 'utf8')).toBe('mine')
    await expect(planned(endpoints, 'nowhere/plan.html')).rejects.toBeInstanceOf(AppError)
  })

  test('holds the text of a matrix only as data that can end no element', async () => {
    const hostile = join(folder, 'hostile.yaml')
    const text = `</script><img src=x onerror=alert(1)> \\u202e`
    writeFileSync(
      hostile,
      `version: 1\nid: hostile\ntitle: "${text}"\naxes:\n  a: {title: "${text}", values: [{id: x, title: "${text}"}, {id: y}]}\n  b: {values: [{id: x}, {id: y}]}\nconstraints: [{forbid: {a: x, b: y}, reason: "${text}"}]\ndefaults: {image: micro}\n`,
    )
    const html = await planned(hostile, 'hostile.html')
    expect(html).not.toContain('<img')
    expect(html).not.toContain('\u202e')
    expect(html.match(/<\/script/g)).toHaveLength(2)
  })
})

describe('the page of a plan in a browser', needs(noBrowser === undefined, 'a browser'), () => {
  let browser: Browser
  beforeAll(async () => {
    browser = await startBrowser()
  })
  afterAll(async () => {
    await browser.close()
  })

  /** The page's document after its scripts ran. */
  async function opened(name: string): Promise<string> {
    const { page, errors } = await openFile(browser, join(folder, name))
    const dom = await page.content()
    await page.close()
    expect(errors).toEqual([])
    expect(dom).not.toContain('class="undrawn"')
    return dom
  }

  test('draws a tile for each two axes, says why a combination cannot be, and lists every cell', async () => {
    await planned(endpoints, 'full.html')
    const dom = await opened('full.html')
    expect(dom.match(/class="tile full"/g)).toHaveLength(10)
    expect(dom).toContain('all 10 covered completely')
    expect(dom).toContain('impossible: Windows 11 runs on generation 2 alone and requires a TPM')
    const cells = /<h1>(\d+) cells<\/h1>/.exec(dom)?.[1]
    expect(dom.match(/<tr><th scope="row"><code>/g)).toHaveLength(Number(cells))
  })

  test.each([1280, 400])('axe finds nothing serious, %i pixels wide', async (width) => {
    await planned(endpoints, `axe-${width}.html`)
    const file = join(folder, `axe-${width}.html`)
    expect(await axeFindings(browser, file, { width, height: 900 })).toEqual([])
  })

  test('shows what is possible and in no cell', async () => {
    const shallow = join(folder, 'shallow.yaml')
    writeFileSync(
      shallow,
      'version: 1\nid: shallow\nstrength: 1\naxes:\n  a: {values: [{id: x}, {id: y}]}\n  b: {values: [{id: u}, {id: v}]}\ndefaults: {image: micro}\n',
    )
    await planned(shallow, 'shallow.html')
    const dom = await opened('shallow.html')
    expect(dom).toContain('1 of 1 not covered completely')
    expect(dom.match(/possible, and in no cell"/g)?.length).toBeGreaterThan(0)
    expect(dom).toContain('id="uncovered"')
  })

  test('says that all is shown only when its cells and those that passed before show all', async () => {
    const small = join(folder, 'small.yaml')
    writeFileSync(
      small,
      'version: 1\nid: small\naxes:\n  a: {values: [{id: x}, {id: y}]}\n  b: {values: [{id: u}, {id: v}]}\ndefaults: {image: micro}\n',
    )
    const { matrix } = await loadMatrix(small, checkMatrix)
    const nothing = {
      pict: undefined,
      lab: undefined,
      candidate: undefined,
      since: undefined,
      history: undefined,
      strength: undefined,
    }
    const command = { ...nothing, matrix: small, html: undefined, seed: 1, effort: 0 }
    const { plan } = await planCommand(command, new AbortController().signal)
    const [first, ...others] = plan.cells
    const added = { ...plan, cells: first === undefined ? [] : [first] }
    const before = others.map(({ configuration }) => configuration)
    for (const [name, since, sign] of [
      ['all.html', before, 'd-release'],
      ['some.html', before.slice(1), 'd-hold'],
    ] as const) {
      await writePlanPage({ file: join(folder, name), matrix, plan: added, cost: undefined, since })
      const dom = await opened(name)
      expect(dom).toContain(`class="decision ${sign}"`)
      expect(dom).toContain(`together ${1 + since.length} of 4 possible combinations of 2 values`)
    }
  })
})
