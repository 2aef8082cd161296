import { describe, expect, test } from 'vitest'
import { renderMarkdown } from '../../../src/plugins/reporters/markdown.ts'
import { badRun, goodRun } from '../../stand-ins/scripted-report.ts'
import { EVERYTHING, hostileRun } from './hostile-report.ts'

describe('summary.md', () => {
  test('says the decision first, then why, then what fails and by which suspect', () => {
    const { report, gate } = badRun()
    const text = renderMarkdown(report, gate)
    expect(text.split('\n')[0]).toBe('# ⛔ HOLD: Channel file 291')
    expect(text).toContain('✗ 2 fail · ✓ 6 pass — 8 cells')
    expect(text).toContain('\\[candidate\\] boot-loop in restart: the kernel died in sensor')
    expect(text).toContain('## What this run cannot have shown')
  })

  test('lists no cell when all passed, and still the gaps', () => {
    const { report, gate } = goodRun()
    const text = renderMarkdown(report, gate)
    expect(text).toContain('# ✅ RELEASE')
    expect(text).not.toContain('Cells that did not pass')
    expect(text).toContain('Physical processor families')
  })

  test('gives a guest no table cell, link, image, tag, mention, heading or list of its own', () => {
    const { report, gate } = hostileRun()
    const text = renderMarkdown(report, gate)
    const own = renderMarkdown({ ...report, notes: [] }, gate)
    expect(text).not.toMatch(/<(?!\/?sub>)/)
    expect(text).not.toMatch(/(?<!\\)!\[|(?<!\\)\]\(|@everyone|javascript:alert\(/)
    expect(text).not.toMatch(/^(?:# heading|1\. one|> quote|```)/m)
    expect(text.isWellFormed()).toBe(true)
    // eslint-disable-next-line no-control-regex
    expect(text).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u202a-\u202e]/)
    // A note is one line, whatever it holds.
    expect(text.split('\n').length - own.split('\n').length).toBe(4)
    for (const section of text
      .split('\n\n')
      .filter((part) => !part.startsWith('## ') && part.startsWith('| ')))
      expect(new Set(section.split('\n').map((line) => line.split(/(?<!\\)\|/).length)).size).toBe(1)
  })

  test('stays below what a step summary may hold', () => {
    const { report, gate } = hostileRun(EVERYTHING.repeat(50))
    const cells = Array.from({ length: 5000 }, (_, index) => report.cells[index % 8]!)
    const text = renderMarkdown(
      { ...report, cells, notes: Array.from({ length: 5000 }, () => EVERYTHING) },
      gate,
    )
    expect(Buffer.byteLength(text)).toBeLessThan(1_048_576)
  })
})
