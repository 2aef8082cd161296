/** A report in which every text that a guest, a candidate or a matrix can choose is an attack on some rendering. */
import type { Gate, Report } from '../../../src/model/report.ts'
import { badRun } from '../../stand-ins/scripted-report.ts'

export const ATTACKS: readonly string[] = [
  '</script><script>globalThis.owned = 1</script>',
  '<!--<script>globalThis.owned = 2</script>-->',
  '<img src=x onerror="globalThis.owned = 3">',
  ']]>]]]]><![CDATA[>&amp;&#0;</failure></testcase>',
  '\u001b[31mred\u001b[0m\u001b]0;title\u0007 \u009b2J',
  'left \u202egnp.exe\u202c \u2066isolate\u2069 \u200f mark',
  '\u0000\u0001\u0008\u000b\u000c\u000e\u001f\u007f\ufffe\uffff',
  'lone \ud800 high, lone \udc00 low',
  'a | b | c\n| --- |\n| injected | row |',
  '# heading\n- list\n1. one\n> quote\n```\ncode\n``` ![x](javascript:alert(1)) [y](http://evil.example) @everyone $x^2$ ~~s~~ <b>',
  "$& $1 $` $' ${x} %s %n {{x}} \\",
  '\u2028line\u2029paragraph',
  '[[ATTACHMENT|/etc/passwd]]',
  '__proto__',
  '::set-output name=x::y\n::error::workflow command',
]
export const EVERYTHING = ATTACKS.join(' ')

/** Every string of the verdicts, suspects, gate and matrix titles replaced; ids that we form ourselves stay. */
export function hostileRun(text = EVERYTHING): { readonly report: Report; readonly gate: Gate } {
  const { report, gate } = badRun({
    suspects: [
      {
        values: { product: 'netwatch', cpu: 'max' },
        rank: 1,
        failure: text,
        signatures: [text],
        explains: 2,
        failing: 2,
        passing: 0,
        support: 'likely',
        equivalent: [{ build: text }],
        because: text,
      },
    ],
  })
  const invalidate = (verdict: Report['cells'][number]['verdict']): Report['cells'][number]['verdict'] => ({
    ...verdict,
    because: text,
    symptoms: verdict.symptoms.map((symptom) => ({
      ...symptom,
      summary: text,
      seen: text,
      expected: text,
      signature: text,
      source: text,
    })),
    preExisting: verdict.symptoms.map((symptom) => ({
      ...symptom,
      summary: text,
      seen: text,
      signature: text,
    })),
    blind: [{ subject: text, reason: text }],
    checksRun: [...verdict.checksRun, text],
    attempts: verdict.attempts.map((attempt) => ({
      ...attempt,
      host: text,
      invalid: text,
      symptoms: [text],
    })),
    recovery: { step: text, broughtBack: true },
  })
  return {
    gate: {
      ...gate,
      because: text,
      rules: gate.rules.map((rule) => ({ ...rule, title: text, explanation: text })),
      waivers: [{ id: text, state: 'unused', cells: [text] }],
    },
    report: {
      ...report,
      candidate: { ...report.candidate, title: text, release: text },
      matrix: {
        ...report.matrix,
        title: text,
        axes: report.matrix.axes.map((axis) => ({
          ...axis,
          title: text,
          values: axis.values.map((value) => ({ ...value, title: text })),
        })),
      },
      cells: report.cells.map(({ planned, verdict }, index) => ({
        planned: { ...planned, configuration: { ...planned.configuration, [text.slice(0, 100)]: text } },
        verdict:
          index % 2 === 0
            ? invalidate(verdict)
            : { ...invalidate(verdict), outcome: 'inconclusive', blame: 'unknown' },
      })),
      hosts: [{ name: text, provider: text, facts: { [text.slice(0, 100)]: text }, faults: 0 }],
      coverage: { ...report.coverage, gaps: [text] },
      evidence: report.cells.slice(0, 1).flatMap(({ planned }) =>
        ['../../../etc/passwd', 'javascript:alert(1)', '/etc/passwd', 'cells/a b/#"<x>.png'].map((path) => ({
          id: 'e'.repeat(64),
          cell: planned.id,
          arm: 'candidate' as const,
          attempt: 1,
          name: text,
          mediaType: 'text/plain',
          bytes: 1,
          path,
          phase: text,
          cut: false,
        })),
      ),
      notes: [text],
    },
  }
}
