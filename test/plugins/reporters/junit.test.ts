import { join } from 'node:path'
import { ParseOption, XmlDocument } from 'libxml2-wasm'
import { describe, expect, test } from 'vitest'
import { runProgram } from '../../../src/kit/process.ts'
import type { Report } from '../../../src/model/report.ts'
import { workingContext } from '../../../src/app/working-context.ts'
import type { Gate } from '../../../src/model/report.ts'
import { blockText, lineText } from '../../../src/plugins/reporters/junit-text.ts'
import { junitReporter, renderJunit } from '../../../src/plugins/reporters/junit.ts'
import { scriptedPlan } from '../../stand-ins/scripted-plan.ts'
import { goodCandidate, goodControl } from '../../stand-ins/scripted-run.ts'
import { badRun, goodRun, reportOf } from '../../stand-ins/scripted-report.ts'
import { EVERYTHING, hostileRun } from './hostile-report.ts'

/** The files that the reporter writes, by name. */
async function written(report: Report): Promise<ReadonlyMap<string, string>> {
  const files = new Map<string, string>()
  const output = {
    runFolder: '/run',
    write(name: string, data: string | Uint8Array | Iterable<string>): Promise<string> {
      files.set(name, typeof data === 'string' ? data : [...(data as Iterable<string>)].join(''))
      return Promise.resolve(name)
    },
    list: () => Promise.resolve([]),
    evidence: () => Promise.resolve(undefined),
  }
  await junitReporter({ profile: 'plain' }).write?.(
    report,
    {} as Gate,
    output,
    workingContext(new AbortController().signal),
  )
  return files
}

/** What an XPath expression gives, by a parser that is not ours: libxml2. */
function xpath(xml: string, expression: string): string {
  const document = XmlDocument.fromString(xml, { option: ParseOption.XML_PARSE_HUGE })
  try {
    const value = document.eval(expression)
    return (Array.isArray(value) ? value.map((node) => node.content).join('\n') : String(value)).trim()
  } finally {
    document.dispose()
  }
}

const withCell = (
  report: Report,
  change: (cell: Report['cells'][number]) => Report['cells'][number],
): Report => ({
  ...report,
  cells: report.cells.map((cell, index) => (index === 0 ? change(cell) : cell)),
})

describe('junit.xml', () => {
  test('has one flat suite a cell, with a host, a time stamp without zone and true counters', async () => {
    const xml = renderJunit(badRun().report)
    expect(xpath(xml, 'count(/testsuites/testsuite)')).toBe('8')
    expect(xpath(xml, 'count(//testsuite//testsuite)')).toBe('0')
    expect(xpath(xml, 'string(//testsuite[1]/@hostname)')).toBe('lab-1')
    expect(xpath(xml, 'string(//testsuite[1]/@timestamp)')).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$/)
    for (const [attribute, element] of [
      ['failures', 'failure'],
      ['errors', 'error'],
      ['skipped', 'skipped'],
    ])
      expect(xpath(xml, `sum(//testsuite/@${attribute}) - count(//${element})`)).toBe('0')
    expect(xpath(xml, 'sum(//testsuite/@tests) - count(//testcase)')).toBe('0')
    expect(xpath(xml, 'number(/testsuites/@tests) - count(//testcase)')).toBe('0')
  })

  test('names a case by suite, cell and check, never by an attempt, and each pair once', async () => {
    const xml = renderJunit(badRun().report)
    expect(xpath(xml, 'string(//testsuite[1]/testcase[1]/@classname)')).toBe('ringzero.demo')
    expect(xpath(xml, 'string(//testsuite[1]/testcase[1]/@name)')).toBe(
      'build=micro-6.1 product=none cpu=qemu64',
    )
    expect(xpath(xml, 'string(//testsuite[1]//property[@name="cell"]/@value)')).toBe('micro-61-none-qemu64')
    const names = [...xml.matchAll(/<testcase ([^>]*)>/g)].map(([, attributes]) =>
      (attributes ?? '').replace(/ time="[^"]*"/, '').replace('/', ''),
    )
    expect(new Set(names).size).toBe(names.length)
    expect(xml).not.toMatch(/classname="[^"]*\.[^"]*\./)
  })

  test('writes the candidate’s failure as failure with the class first, and says it again in the text', async () => {
    const xml = renderJunit(badRun().report)
    expect(xpath(xml, 'count(//testcase[@name=../@name]/failure)')).toBe('2')
    const message = xpath(xml, 'string((//failure)[1]/@message)')
    expect(message).toMatch(/^\[candidate\] boot-loop/)
    expect(xpath(xml, 'string((//failure)[1]/@type)')).toBe('boot-loop')
    const text = xpath(xml, 'string((//failure)[1])')
    expect(text.startsWith(message)).toBe(true)
    for (const part of [
      'control: failing 0 of 1',
      'signature: boot-loop|',
      'attempt 1 (candidate)',
      'at kernel',
    ])
      expect(text).toContain(part)
  })

  test('writes missing and open cells as errors, so that a short run is red', async () => {
    const plan = scriptedPlan()
    const first = plan.cells[0]!.id
    const xml = renderJunit(reportOf(plan, [goodCandidate(first), goodControl(first)]).report)
    expect(xpath(xml, 'count(//error)')).toBe('7')
    expect(xpath(xml, 'string((//error)[1]/@message)')).toMatch(/^\[not-run\] no attempt/)
    expect(xpath(xml, 'string((//error)[1]/@type)')).toBe('infra.not-run')
  })

  test('writes a waived failure as skipped with its reason', async () => {
    const { report } = badRun()
    const waiver = { id: 'w', owner: 'o', ticket: 'T-1', reason: 'r', expires: '2026-12-01' }
    const failing = report.cells.filter(({ verdict }) => verdict.outcome === 'fail')
    const xml = renderJunit({
      ...report,
      cells: failing.map((cell) => ({ ...cell, verdict: { ...cell.verdict, waiver } })),
    })
    expect(xpath(xml, 'count(//failure)')).toBe('0')
    expect(xpath(xml, 'string((//skipped)[1]/@message)')).toContain('waived by w until 2026-12-01 T-1 (r)')
    expect(xpath(xml, 'sum(//testsuite/@skipped)')).toBe('2')
  })

  test('keeps lost attempts of a passing cell, and further attempts of a failing one', async () => {
    const { report } = goodRun()
    const lost = withCell(report, ({ planned, verdict }) => ({
      planned,
      verdict: {
        ...verdict,
        attempts: [{ ...verdict.attempts[0]!, end: 'host-fault' }, ...verdict.attempts],
      },
    }))
    expect(xpath(renderJunit(lost), 'string(//flakyFailure/@message)')).toContain(
      '[infra] attempt 1 ended as host-fault',
    )
    const twice = { ...badRun().report }
    const again = {
      ...twice,
      cells: twice.cells.map(({ planned, verdict }) => ({
        planned,
        verdict: { ...verdict, attempts: [verdict.attempts[0]!, ...verdict.attempts] },
      })),
    }
    expect(xpath(renderJunit(again), 'count(//rerunFailure/stackTrace)')).toBe('2')
  })

  test('calls no cell flaky, or failed again, because a run was interrupted', () => {
    const interrupted = (report: Report): Report => ({
      ...report,
      cells: report.cells.map(({ planned, verdict }) => {
        const [attempt] = verdict.attempts
        const first = attempt === undefined ? [] : [{ ...attempt, end: 'interrupted', symptoms: [] }]
        return { planned, verdict: { ...verdict, attempts: [...first, ...verdict.attempts] } }
      }),
    })
    for (const { report } of [goodRun(), badRun()])
      expect(xpath(renderJunit(interrupted(report)), 'count(//flakyFailure | //rerunFailure)')).toBe('0')
  })

  test('begins a cell within its run, also where the control is an earlier one', () => {
    const { report } = badRun()
    const controls = report.controls.map((control) => ({ ...control, startedAt: 0 }))
    const xml = renderJunit({ ...report, controls })
    const began = new Date(report.run.startedAt).toISOString().slice(0, 19)
    for (const [, at = ''] of xml.matchAll(/timestamp="([^"]*)"/g)) expect(at >= began, at).toBe(true)
  })

  test.each([
    ['[[ATTACHMENT|/etc/hostname]]', '[ [ATTACHMENT|/etc/hostname]]'],
    ['##vso[task.complete result=Succeeded]', '# #vso[task.complete result=Succeeded]'],
    ['::error::a workflow command', ': :error::a workflow command'],
    ['noise \ufffd of a serial line', 'noise ? of a serial line'],
  ])('breaks up what a reader would obey: %s', (said, told) => {
    expect(lineText(said)).toBe(told)
    expect(blockText(`above\n${said}`, 1000)).toBe(`above\n${told}`)
  })

  test('gives each suspect a name, since readers keep one property of a name', () => {
    const xml = renderJunit(badRun().report)
    for (const suite of xml.split('<testsuite ').slice(1)) {
      const names = [...suite.matchAll(/<property name="([^"]*)"/g)].map(([, name]) => name)
      expect(new Set(names).size).toBe(names.length)
    }
  })

  test('bounds a name in bytes', () => {
    const { report } = badRun()
    const values = [{ ...report.matrix.axes[0]!.values[0]!, id: '構成'.repeat(200) }]
    const axes = [{ ...report.matrix.axes[0]!, values }, ...report.matrix.axes.slice(1)]
    const cells = report.cells.map(({ planned, verdict }) => ({
      planned: { ...planned, configuration: { ...planned.configuration, [axes[0]!.id]: values[0]!.id } },
      verdict,
    }))
    const xml = renderJunit({ ...report, matrix: { ...report.matrix, axes }, cells })
    for (const [, name = ''] of xml.matchAll(/<testsuite [^>]*?name="([^"]*)"/g))
      expect(Buffer.byteLength(name)).toBeLessThan(200)
  })

  test('puts attachments first, each alone on a line, into the only system-out', async () => {
    const { report } = badRun()
    const cell = report.cells.find(({ verdict }) => verdict.outcome === 'fail')!.planned.id
    const evidence = [
      ['control', 'screen.png', 'image/png'],
      ['candidate', 'serial.log', 'text/plain'],
      ['candidate', 'screen.png', 'image/png'],
    ].map(([arm, name, mediaType]) => ({
      id: 'e'.repeat(64),
      cell,
      arm: arm as 'candidate' | 'control',
      attempt: 1,
      name: name!,
      mediaType: mediaType!,
      bytes: 900,
      path: `cells/${cell}/${arm}-1/${name}`,
      phase: 'collect',
      cut: false,
    }))
    const xml = renderJunit({ ...report, evidence })
    const output = xpath(
      xml,
      `string(//testsuite[properties/property[@name="cell"]/@value="${cell}"]/testcase[1]/system-out)`,
    )
    expect(output.split('\n')).toEqual([
      `[[ATTACHMENT|../cells/${cell}/candidate-1/screen.png]]`,
      `[[ATTACHMENT|../cells/${cell}/candidate-1/serial.log]]`,
      `[[ATTACHMENT|../cells/${cell}/control-1/screen.png]]`,
    ])
    expect(xpath(xml, 'count(//testcase[count(system-out) > 1])')).toBe('0')
  })

  test('stays XML whatever a guest wrote', async () => {
    const xml = renderJunit(hostileRun().report)
    expect(xpath(xml, 'count(//testsuite)')).toBe('8')
    expect(xpath(xml, 'count(//script | //img)')).toBe('0')
    // eslint-disable-next-line no-control-regex
    expect(xml).not.toMatch(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u202a-\u202e]|\[31m/)
    expect(xml.isWellFormed()).toBe(true)
    expect(
      [...xml.matchAll(/(?:name|classname|message)="([^"]*)"/g)].every(([, value]) => value!.length < 600),
    ).toBe(true)
  })

  test('stays below 30 MB when guests say ten megabytes, and with thousands of cells that say much', async () => {
    const { report } = hostileRun('ab<]]>\u001b[0m'.repeat(700_000))
    const cells = Array.from({ length: 4000 }, (_, index) => {
      const cell = report.cells[index % 8]!
      return { ...cell, planned: { ...cell.planned, id: `cell-${index}`, configuration: {} } }
    })
    const few = { ...report, cells: cells.slice(0, 8) }
    expect(Buffer.byteLength(renderJunit(few))).toBeLessThan(30_000_000)
    const { report: usual } = hostileRun(EVERYTHING)
    const many = {
      ...usual,
      cells: cells.map((cell, index) => ({
        planned: cell.planned,
        verdict: usual.cells[index % 8]!.verdict,
      })),
    }
    const parts = await written(many)
    expect([...parts.values()].every((xml) => Buffer.byteLength(xml) < 30_000_000)).toBe(true)
    const suites = [...parts.values()].map((xml) => xml.split('<testsuite ').length - 1)
    expect(suites.reduce((sum, count) => sum + count, 0)).toBe(4000)
  })

  test('of 100,000 cells is written part by part: nothing of a part stays in memory, and readers take each', async () => {
    const done = await runProgram(
      process.execPath,
      [
        '--expose-gc',
        '--max-old-space-size=512',
        join(import.meta.dirname, 'junit-cells-child.ts'),
        '100000',
      ],
      { timeoutMs: 240_000 },
    )
    expect(done.stderr.toString()).toBe('')
    const seen = JSON.parse(done.stdout.toString()) as {
      parts: string[]
      suites: number
      failures: number
      largest: number
      aliveMiB: number[]
      first: string
      last: string
    }
    expect(seen.parts[0]).toBe('junit.xml')
    expect(seen.parts.slice(1)).toEqual(seen.parts.slice(1).map((_, index) => `junit-${index + 2}.xml`))
    expect(seen).toMatchObject({ suites: 100_000, failures: 25_000 })
    expect(seen.largest).toBeLessThan(30_000_000)
    // At most three are alive at once: the one that was written, the one before and the next. Kept ones would add 24 MB each.
    const [third = 0, fourth = 0, fifth = 0] = seen.aliveMiB.slice(2)
    expect(seen.aliveMiB.length).toBeGreaterThan(5)
    expect(Math.max(fourth, fifth) - third).toBeLessThan(15)
    expect(seen.first).toContain('serial=machine-0')
    expect(seen.last).toContain('serial=machine-99999')
  }, 300_000)

  test('is split by size, each part with the counts of its own', async () => {
    const { report } = badRun()
    const cells = Array.from({ length: 30_000 }, (_, index) => {
      const cell = report.cells[index % 8]!
      return { ...cell, planned: { ...cell.planned, id: `cell-${index}` } }
    })
    const parts = await written({ ...report, cells })
    expect([...parts.keys()].slice(0, 2)).toEqual(['junit.xml', 'junit-2.xml'])
    let [suites, failures] = [0, 0]
    for (const xml of parts.values()) {
      suites += xml.split('<testsuite ').length - 1
      const told = Number(/<testsuites [^>]*failures="(\d+)"/.exec(xml.slice(0, 400))?.[1])
      expect(told).toBe(xml.split('<failure ').length - 1)
      failures += told
    }
    expect(suites).toBe(30_000)
    expect(failures).toBe(cells.filter(({ verdict }) => verdict.outcome === 'fail').length)
  })
})
