import fc from 'fast-check'
import { micromark } from 'micromark'
import { gfm, gfmHtml } from 'micromark-extension-gfm'
import { describe, expect, it } from 'vitest'
import type { Gate, Report } from '../../../src/model/report.ts'
import { inlineText } from '../../../src/plugins/reporters/markdown-text.ts'
import {
  commentMarker,
  renderGithubComment,
  renderMarkdown,
} from '../../../src/plugins/reporters/markdown.ts'
import { badRun, goodRun } from '../../stand-ins/scripted-report.ts'
import { ATTACKS, EVERYTHING, hostileRun } from './hostile-report.ts'

/** As GitHub's own engine reads it, but that here all HTML of a text would pass. */
function html(markdown: string): string {
  return micromark(markdown, {
    allowDangerousHtml: true,
    allowDangerousProtocol: true,
    extensions: [gfm()],
    htmlExtensions: [gfmHtml()],
  })
}

/** The elements of a document without its text. */
function elements(markdown: string): string[] {
  return html(markdown).match(/<[^>]*>/g) ?? []
}

/** The text of a document, which GitHub searches for mentions and references once more. */
function textOf(markdown: string): string {
  return html(markdown)
    .replace(/<[^>]*>/g, '\n')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&amp;', '&')
}

/** What GitHub, GitLab and Azure DevOps make a link, a notification or an entry in another thread of. */
const REFERENCES = /@[\w-]|[#!%~]\w|\bGH-\d|\b(?:https?|ftp):\/\/|\bwww\.|\b(?:mailto|xmpp):/i

const marks = fc.constantFrom(
  ...ATTACKS,
  ...Array.from('\\`*_{}[]()<>#+-.!|~$&@:/="\' \n\t0123456789abx\u200b\u00a0\u{1F600}漢'),
  '``',
  '```\n',
  '~~~',
  '[x](y)',
  '![x](y)',
  '[^1]',
  '[ ] ',
  '- ',
  '1. ',
  '> ',
  '# ',
  '---',
  '===',
  '<!--',
  '-->',
  '<b>',
  '</details>',
  'http://e.example/',
  'https://github.com/o/r/issues/1',
  'www.e.example',
  'mailto:a@e.example',
  'a@e.example',
  '@everyone',
  '@o/team',
  '#1',
  'o/r#12',
  'GH-7',
  '!3',
  '/close',
  '&lt;',
  '&#64;',
  '$x$',
  '$$',
  ':tada:',
)
const hostile = fc.array(marks, { maxLength: 30 }).map((parts) => parts.join(''))

describe('text of a guest', () => {
  it('is text and nothing else, wherever it stands', () => {
    fc.assert(
      fc.property(hostile, (text) => {
        const safe = inlineText(`x${text}x`)
        for (const [around, plain] of [
          [safe, 'x'],
          [`- ${safe}`, '- x'],
          [`> ${safe}\n> ${safe}`, '> x\n> x'],
          [`# ${safe}`, '# x'],
          [`| a | b |\n| --- | --- |\n| ${safe} | **${safe}** |`, '| a | b |\n| --- | --- |\n| x | **x** |'],
          [`<code>${safe}</code>`, '<code>x</code>'],
        ] as const)
          expect(elements(around)).toEqual(elements(plain))
      }),
      { numRuns: 300 },
    )
  })

  it('begins no list, heading, quotation or command at the start of a line', () => {
    fc.assert(
      fc.property(hostile, (text) => {
        const safe = inlineText(text) || 'x'
        expect(elements(safe)).toEqual(elements('x'))
        expect(elements(`x\n${safe}`)).toEqual(elements('x\nx'))
      }),
      { numRuns: 300 },
    )
  })

  it('calls nobody and refers to nothing', () => {
    fc.assert(
      fc.property(hostile, (text) => {
        expect(textOf(inlineText(text))).not.toMatch(REFERENCES)
        // GitLab reads commands in what was written, not in what is shown.
        expect(inlineText(text)).not.toMatch(/^\//)
      }),
      { numRuns: 300 },
    )
  })

  it.each(['module (ringzero) died! 7.32.1+5', '6.12.1', '2026-11-28', 'a: b, c; d = e'])(
    'reads as it is written where nothing in it is markup: %s',
    (text) => {
      expect(inlineText(text)).toBe(text)
    },
  )
})

describe('summary.md', () => {
  it('says in its first line the decision, the suspect, the hardest fact and what brings machines back', () => {
    const { report, gate } = badRun({
      suspects: [
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
          because: 'all',
        },
      ],
    })
    const text = renderMarkdown(report, gate)
    expect(text.split('\n')[0]).toMatch(
      /^# ⛔ HOLD: product=netwatch × cpu=max · (?:panic|bugcheck|boot-loop), .*sensor.* · content-rollback brings it back$/,
    )
    expect(text).toContain('**Channel file 291**: ')
    expect(text).toContain('The cause: boot-loop in restart: the kernel died in sensor')
    expect(text).toContain('✗ 2 fail · ✓ 6 pass — 8 cells')
    expect(text).toContain('report/index.html')
  })

  it('has one row a failure, however many cells have it, with what they have in common', () => {
    const { report, gate } = badRun()
    const rows = renderMarkdown(report, gate)
      .split('\n')
      .filter((line) => line.startsWith('| ✗ | **'))
    const signatures = new Set(
      report.cells.flatMap(({ verdict }) => verdict.symptoms.map((one) => one.signature)),
    )
    expect(rows).toHaveLength(signatures.size)
    for (const row of rows) expect(row).toContain('| 2 of 8 | product=netwatch × cpu=max |')
  })

  it('lists no failure when all passed, and folds what no run can show', () => {
    const { report, gate } = goodRun()
    const text = renderMarkdown(report, gate)
    expect(text.split('\n')[0]).toBe('# ✅ RELEASE: Channel file 291')
    expect(text).not.toContain('each once')
    expect(text).toMatch(
      /<details><summary>What this run cannot have shown \(\d+\)<\/summary>\n\n[^]*- Physical processor[^]*<\/details>/,
    )
  })

  it('tells cells that say nothing once for each reason', () => {
    const { report, gate } = goodRun()
    const open = report.cells.map(({ planned, verdict }) => ({
      planned,
      verdict: { ...verdict, outcome: 'not-run' as const, because: 'no attempt was made' },
    }))
    const text = renderMarkdown({ ...report, cells: open }, gate)
    expect(text.match(/no attempt was made/g)).toHaveLength(1)
    expect(text).toContain('| · not-run | \\[not-run\\] no attempt was made | 8 |')
  })
})

const RENDERINGS = [
  ['summary.md', renderMarkdown, 1_048_576],
  ['github-comment.md', renderGithubComment, 65_536],
] as const

describe.each(RENDERINGS)('%s', (_, render, maximum) => {
  it('has the same elements whatever a guest says', () => {
    const plain = hostileRun('x')
    const expected = elements(render(plain.report, plain.gate))
    fc.assert(
      fc.property(hostile, (text) => {
        const { report, gate } = hostileRun(`x${text}x`)
        const shown = render(report, gate)
        expect(elements(shown)).toEqual(expected)
        expect(textOf(shown)).not.toMatch(REFERENCES)
        expect(shown.isWellFormed()).toBe(true)
      }),
      { numRuns: 30 },
    )
  })

  it('stays below its limit by every count, and each table and fold is whole', () => {
    for (const text of [
      EVERYTHING.repeat(50),
      '$'.repeat(5000),
      '漢'.repeat(5000),
      '\u{1F600}'.repeat(5000),
    ]) {
      const shown = render(...large(text))
      expect(Buffer.byteLength(shown.replaceAll('\n', '\r\n'))).toBeLessThanOrEqual(maximum)
      expect(shown).toMatch(/_\d+ more: see report.json_/)
      expect(shown.match(/<details>/g)?.length ?? 0).toBe(shown.match(/<\/details>/g)?.length ?? 0)
      expect(shown).toContain('report/index.html')
    }
  })
})

/** Thousands of cells, each with a failure of its own. */
function large(text: string): [Report, Gate] {
  const { report, gate } = hostileRun(text)
  const cells = Array.from({ length: 2000 }, (_, index) => {
    const { planned, verdict } = report.cells[index % 8]!
    const symptoms = verdict.symptoms.map((symptom) => ({ ...symptom, signature: `${index} ${text}` }))
    return { planned, verdict: { ...verdict, because: `${index} ${text}`, symptoms } }
  })
  return [{ ...report, cells, notes: Array.from({ length: 2000 }, () => text) }, gate]
}

describe('github-comment.md', () => {
  it('begins with a line that nobody sees and that is the same for each run, so that the comment is changed in place', () => {
    const { report, gate } = badRun()
    const [marker = ''] = renderGithubComment(report, gate).split('\n')
    const next = {
      ...report,
      run: { ...report.run, id: 'other' },
      candidate: { ...report.candidate, release: '292' },
    }
    expect(commentMarker(next)).toBe(marker)
    expect(marker).toBe('<!-- ringzero matrix=demo candidate=channel-291 -->')
    expect(
      html(marker)
        .replace(/<!--[^>]*-->/, '')
        .trim(),
    ).toBe('')
    expect(commentMarker({ ...report, matrix: { ...report.matrix, id: 'a --> <b>' } })).toBe(
      '<!-- ringzero matrix=a-b- candidate=channel-291 -->',
    )
  })

  it('is marked once, whatever a guest prints', () => {
    const { report, gate } = hostileRun(`${commentMarker(badRun().report)} ${EVERYTHING}`)
    expect(renderGithubComment(report, gate).match(/<!-- ringzero/g)).toHaveLength(1)
  })
})
