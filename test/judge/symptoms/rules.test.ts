import { describe, expect, test } from 'vitest'
import { attemptFindings } from '../../../src/judge/attempt-findings.ts'
import type { Fact, FactOf } from '../../../src/model/observation.ts'
import type { Phase } from '../../../src/model/phase.ts'
import { foldRun } from '../../../src/model/run-state.ts'
import type { Symptom } from '../../../src/model/symptom.ts'
import { journalOf } from '../../stand-ins/scripted-journal.ts'
import { scriptedPlan } from '../../stand-ins/scripted-plan.ts'
import { boot, type PhaseScript } from '../../stand-ins/scripted-run.ts'

/** The symptoms of an attempt in which only these facts were seen. */
function symptomsOf(phase: Phase, ...facts: Fact[]): Symptom[] {
  return found([{ phase, facts }]).map(({ symptom }) => symptom)
}

function found(phases: readonly PhaseScript[]): ReturnType<typeof attemptFindings> {
  const install: PhaseScript[] = [{ phase: 'install' }]
  const script = { cell: 'x', arm: 'candidate' as const, phases: [...install, ...phases] }
  return attemptFindings(foldRun(journalOf(scriptedPlan(), [script])).attempts[0]!, [])
}

const crash = (changes: Partial<FactOf<'crash'>> = {}): FactOf<'crash'> => ({
  kind: 'crash',
  mechanism: 'bugcheck',
  code: '0x00000050',
  parameters: ['0xffffa50000000000', '0x0', '0xfffff80000001000', '0x2'],
  title: 'PAGE_FAULT_IN_NONPAGED_AREA',
  module: 'csagent.sys',
  milestone: 'kernel',
  bootOrdinal: 2,
  ...changes,
})
const classes = (symptoms: readonly Symptom[]): string[] => symptoms.map((symptom) => symptom.class)

describe('crashes', () => {
  test('are signed by code, class of the argument, module and milestone, never by an address', () => {
    const [first] = symptomsOf('restart', crash())
    const [second] = symptomsOf('restart', crash({ parameters: ['0xffffb1234567890a'] }))
    expect(first?.signature).toBe('bugcheck|0x00000050|kernel|csagent.sys|kernel')
    expect(second?.signature).toBe(first?.signature)
    expect(symptomsOf('restart', crash({ parameters: ['0x9c'] }))[0]?.signature).toContain('|near-null|')
    expect(symptomsOf('restart', crash({ parameters: ['0x00007ffe00000000'] }))[0]?.signature).toContain(
      '|user|',
    )
  })

  test('that the host saw without a name are the one that a collector named', () => {
    const nameless: Fact = {
      kind: 'crash',
      mechanism: 'panic',
      title: 'panic',
      milestone: 'kernel',
      bootOrdinal: 2,
    }
    const named: Fact = {
      ...nameless,
      title: 'BUG: kernel NULL pointer dereference, address: 0000000000000010',
      module: 'sensor',
    }
    expect(symptomsOf('restart', nameless, named)).toHaveLength(1)
    expect(symptomsOf('restart', nameless)).toHaveLength(1)
  })

  test('before the install never hide or become those after it', () => {
    const nameless: Fact = {
      kind: 'crash',
      mechanism: 'panic',
      title: 'panic',
      milestone: 'kernel',
      bootOrdinal: 2,
    }
    const both = found([
      { phase: 'boot', facts: [crash()] },
      { phase: 'restart', facts: [nameless] },
    ])
    expect(both.map(({ afterInstall }) => afterInstall).sort((a, b) => Number(a) - Number(b))).toEqual([
      false,
      true,
    ])
  })

  test('that the test itself asked for do not count', () => {
    expect(symptomsOf('recover', crash({ expectedByTest: true }))).toEqual([])
  })

  test('keep their own signature apart from a silent agent’s, and no part can forge another', () => {
    const [symptom] = symptomsOf('restart', crash({ module: 'a|b|c\nd' }))
    expect(symptom?.signature.split('|')).toHaveLength(5)
  })
})

describe('starts', () => {
  const dead = (ordinal: number, ended: FactOf<'boot'>['ended']): Fact =>
    boot(ordinal, { ended, milestone: 'kernel', cause: 'unexpected-reset' })

  test('that die twice in a row are a loop, also without a crash that anybody saw', () => {
    expect(classes(symptomsOf('restart', dead(2, 'reset'), dead(3, 'reset'), dead(4, 'recovery')))).toEqual([
      'boot-loop',
    ])
  })

  test('that settle and restart by themselves right after it are a loop, and one of them is none', () => {
    const after = (ordinal: number): Fact => boot(ordinal, { cause: 'unexpected-reset' })
    const looped = (times: number): string[] =>
      classes(
        found([
          { phase: 'restart', facts: [boot(2)] },
          ...Array.from({ length: times }, (_, index) => ({
            phase: 'restart' as const,
            end: 'symptom' as const,
            facts: [after(3 + index)],
          })),
        ]).map(({ symptom }) => symptom),
      )
    expect(looped(2)).toEqual(['boot-loop'])
    expect(looped(1)).toEqual(['unexpected-restart'])
  })

  test('that die once and settle then are an unexpected restart', () => {
    expect(classes(symptomsOf('restart', dead(2, 'reset'), boot(3)))).toEqual(['unexpected-restart'])
  })

  test.each<[FactOf<'boot'>['ended'], FactOf<'boot'>['milestone'], string]>([
    ['deadline', 'kernel', 'boot-hang'],
    ['deadline', 'session', 'never-settles'],
    ['recovery', 'loader', 'recovery-entry'],
    ['agent-lost', 'services', 'agent-silent'],
    ['power-off', 'kernel', 'unexpected-power-off'],
    ['crash', 'kernel', 'panic'],
  ])('that end in %s at %s are %s', (ended, milestone, expected) => {
    expect(classes(symptomsOf('restart', boot(2, { ended, milestone })))).toEqual([expected])
  })

  test.each<[FactOf<'power'>['asked'], FactOf<'power'>['did'], string]>([
    ['nothing', 'off', 'unexpected-power-off'],
    ['restart', 'off', 'unexpected-power-off'],
    ['restart', 'nothing', 'restart-ignored'],
    ['off', 'nothing', 'power-off-failed'],
    ['off', 'restart', 'power-off-failed'],
  ])('asked for %s that did %s are %s, once', (asked, did, expected) => {
    const power: Fact = { kind: 'power', asked, did, detail: '', milestone: 'settled', bootOrdinal: 2 }
    const ended = did === 'off' ? [boot(2, { ended: 'power-off' })] : []
    expect(classes(symptomsOf('restart', ...ended, power))).toEqual([expected])
    expect(classes(symptomsOf('recover', power))).toEqual([])
  })

  test('that nobody asked for are told beside a crash that the test itself asked for', () => {
    const restarted = boot(6, { cause: 'unexpected-reset' })
    expect(classes(symptomsOf('rollback', restarted))).toEqual(['unexpected-restart'])
    expect(classes(symptomsOf('rollback', crash({ expectedByTest: true }), restarted))).toEqual([
      'unexpected-restart',
    ])
    expect(classes(symptomsOf('rollback', crash(), restarted))).toEqual(['bugcheck'])
  })

  /** Starts 2 and 4: the third one left no fact of its own, as one in safe mode or one that died early. */
  test.each<[string, number, string[]]>([
    ['one that died before it was counted', 3, []],
    ['one that was counted', 4, []],
    ['one and another that the host did not see', 5, ['unexpected-restart']],
    ['a guest that forgot a start', 2, ['unexpected-restart']],
  ])('over which the guest counts %s', (_, guestBootCount, expected) => {
    expect(classes(symptomsOf('restart', boot(2), boot(4, { guestBootCount })))).toEqual(expected)
  })

  test('are counted from the last one that was, so that one which was not excuses none later', () => {
    const uncounted = boot(4, { guestBootCount: 3 })
    expect(classes(symptomsOf('restart', boot(2), uncounted, boot(5, { guestBootCount: 4 })))).toEqual([])
    expect(classes(symptomsOf('restart', boot(2), uncounted, boot(5)))).toEqual(['unexpected-restart'])
  })

  test('of the recovery ladder are not judged', () => {
    expect(symptomsOf('recover', boot(5, { ended: 'deadline', cause: 'recovery' }))).toEqual([])
  })
})

describe('hangs, screens, installers', () => {
  test.each<[Phase, Fact, string | undefined]>([
    [
      'restart',
      { kind: 'hang', mechanism: 'vcpu-spinning', detail: 'd', milestone: 'loader', bootOrdinal: 2 },
      'boot-hang',
    ],
    [
      'soak',
      { kind: 'hang', mechanism: 'idle-silent', detail: 'd', milestone: 'settled', bootOrdinal: 2 },
      'hang-after-soak',
    ],
    [
      'check',
      { kind: 'hang', mechanism: 'idle-silent', detail: 'd', milestone: 'settled', bootOrdinal: 2 },
      'agent-silent',
    ],
    [
      'check',
      { kind: 'hang', mechanism: 'logon', detail: 'd', milestone: 'services', bootOrdinal: 2 },
      'logon-hang',
    ],
    [
      'restart',
      { kind: 'stuck', where: 'bitlocker-recovery', detail: 'd', bootOrdinal: 2 },
      'bitlocker-recovery',
    ],
    ['restart', { kind: 'stuck', where: 'recovery', detail: 'd', bootOrdinal: 2 }, 'recovery-entry'],
    ['restart', { kind: 'stuck', where: 'firmware', detail: 'd', bootOrdinal: 2 }, 'boot-hang'],
    [
      'install',
      { kind: 'install', step: 'apply', outcome: 'failed', exitCode: 1603, detail: 'd' },
      'install-failed',
    ],
    [
      'install',
      { kind: 'install', step: 'apply', outcome: 'rolled-back', detail: 'd' },
      'install-rolled-back',
    ],
    [
      'install',
      { kind: 'install', step: 'apply', outcome: 'not-applied', detail: 'd' },
      'update-not-applied',
    ],
    [
      'install',
      { kind: 'install', step: 'apply', outcome: 'reboot', exitCode: 3010, detail: 'd' },
      undefined,
    ],
    ['rollback', { kind: 'install', step: 'remove', outcome: 'failed', detail: 'd' }, 'rollback-incomplete'],
    [
      'recover',
      { kind: 'recovery', step: 'safe-mode-rollback', broughtBack: false, detail: 'd' },
      'recovery-impossible',
    ],
    ['recover', { kind: 'recovery', step: 'safe-mode-rollback', broughtBack: true, detail: 'd' }, undefined],
  ])('in %s, %j is %s', (phase, fact, expected) => {
    expect(classes(symptomsOf(phase, fact))).toEqual(expected === undefined ? [] : [expected])
  })

  const stored = { subject: 'installed:driver-package:acme.inf' }
  test.each<[string, Partial<FactOf<'expectation'>>, Partial<FactOf<'change'>> | undefined, 'warn' | 'fail']>(
    [
      ['bits that came with it', stored, {}, 'warn'],
      ['bits that were there before it came', stored, undefined, 'fail'],
      ['bits beside a change that is none of its own', stored, { expected: false }, 'fail'],
      ['bits beside a change of something else', stored, { item: 'C:/ProgramData/Acme/helper.exe' }, 'fail'],
      [
        'a file that changed meanwhile, in the spelling of either side',
        { subject: 'installed:file:C:\\Acme\\A.dll', expected: 'sha256 1234' },
        { item: 'c:/acme/a.dll' },
        'warn',
      ],
      [
        'a file that is only known to be there',
        { subject: 'installed:file:C:/Acme/a.dll', expected: 'is there' },
        { item: 'C:/Acme/a.dll' },
        'fail',
      ],
      [
        'a file that the recipe placed, not the installer',
        { subject: 'installed:placed-file:C:/Acme/a.dll', expected: 'sha256 1234' },
        { item: 'C:/Acme/a.dll' },
        'fail',
      ],
      ['bits that are not there', { ...stored, holds: false }, {}, 'fail'],
      ['a service, which says nothing of bits', { subject: 'installed:service:acme' }, {}, 'fail'],
    ],
  )('a code that says "not applied" against %s', (_, proof, change, severity) => {
    const changed: FactOf<'change'> = {
      kind: 'change',
      moment: 'after-install',
      aspect: 'file',
      item: 'C:/Windows/System32/DriverStore/FileRepository/acme.inf',
      what: 'new',
      traits: [],
      belongsTo: 'nobody',
      expected: true,
      declared: false,
      before: '',
      after: 'file',
      count: 1,
      ...change,
    }
    const told = found([
      ...(change === undefined
        ? []
        : [{ phase: 'check' as const, facts: [{ source: 'fingerprint', fact: changed }] }]),
      {
        phase: 'install',
        facts: [
          {
            source: 'installer:content',
            fact: { kind: 'install', step: 'apply', outcome: 'not-applied', exitCode: 7, detail: 'd' },
          },
          {
            source: 'installer:content',
            fact: {
              kind: 'expectation',
              subject: '',
              expected: 'in the store',
              seen: '',
              holds: true,
              symptom: 'update-not-applied',
              severity: 'fail',
              ...proof,
            },
          },
        ],
      },
    ])
    expect(told.find(({ symptom }) => symptom.signature.includes('exit 7'))?.symptom.severity).toBe(severity)
  })

  test('a restart that an installer made is told in its own phase, not in the one that follows it', () => {
    const told = found([
      { phase: 'install', end: 'symptom' },
      { phase: 'restart', facts: [boot(2, { cause: 'unexpected-reset' })] },
    ])
    expect(told.map(({ symptom }) => [symptom.class, symptom.phase])).toEqual([
      ['unexpected-restart', 'install'],
    ])
  })

  test('a phase that ran out of time for no known reason is told as such, and not twice', () => {
    const late = found([{ phase: 'soak', end: 'deadline' }])
    expect(late.map(({ symptom }) => symptom.signature)).toEqual(['hang-after-soak|deadline|soak||'])
    const explained = found([
      { phase: 'restart', end: 'deadline', facts: [boot(2, { ended: 'deadline', milestone: 'kernel' })] },
    ])
    expect(explained).toHaveLength(1)
  })
})
