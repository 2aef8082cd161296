/** Attempts for tests: whole ones with everything that a real one leaves behind, and scripted deviations. */
import type { AttemptEnd } from '../../src/model/event.ts'
import type { Fact } from '../../src/model/observation.ts'
import { CHECKS } from './scripted-plan.ts'
import type { Arm, Phase } from '../../src/model/phase.ts'

type PhaseEnd = 'done' | 'symptom' | 'deadline' | 'fault' | 'skipped'

/** One attempt: each phase with its facts and checks, then how it ended. */
export interface PhaseScript {
  readonly phase: Phase
  readonly end?: PhaseEnd
  readonly facts?: readonly (
    Fact | { readonly fact: Fact; readonly source: string; readonly evidence?: string[] }
  )[]
  readonly checks?: readonly string[]
}

export interface AttemptScript {
  readonly cell: string
  readonly arm: Arm
  readonly attempt?: number
  readonly host?: string
  readonly phases: readonly PhaseScript[]
  /** null: the process died before it could write the end. */
  readonly end?: AttemptEnd | null
  readonly fault?: {
    readonly phase: Phase
    readonly code: string
    readonly message: string
    readonly hint?: string
    /** Whose; the host's where it is not said. */
    readonly fault?: 'user' | 'host' | 'plugin' | 'tool'
  }
  readonly evidence?: readonly { readonly name: string; readonly mediaType: string; readonly id: string }[]
}

export function boot(ordinal: number, changes: Partial<Extract<Fact, { kind: 'boot' }>> = {}): Fact {
  return {
    kind: 'boot',
    ordinal,
    cause: ordinal === 1 ? 'start' : 'asked-restart',
    milestone: 'settled',
    readyMs: 4000 + ordinal * 10,
    settledMs: 5000 + ordinal * 10,
    bootId: `boot-${ordinal}`,
    guestBootCount: ordinal,
    ended: 'settled',
    ...changes,
  }
}

export function expectation(
  subject: string,
  symptom: Extract<Fact, { kind: 'expectation' }>['symptom'],
  holds = true,
  severity: 'fail' | 'warn' = 'fail',
): Fact {
  return {
    kind: 'expectation',
    subject,
    expected: 'running',
    seen: holds ? 'running' : 'stopped',
    holds,
    symptom,
    severity,
  }
}

const profile: Fact = { kind: 'profile', property: 'cpu.count', asked: '1', measured: '1', matches: true }
const services = (
  moment: 'baseline' | 'after-install' | 'after-restart' | 'after-soak' | 'after-rollback',
): Fact => ({
  kind: 'inventory',
  subject: 'services',
  moment,
  items: {
    netwatch: { state: 'running', wanted: true, restarts: 0 },
    sensor: { state: 'running', wanted: true, restarts: 0 },
  },
  cut: 0,
})
const look = (
  moment: 'baseline' | 'after-install' | 'after-restart' | 'after-soak' | 'after-rollback',
): Fact[] => [
  expectation('product:netwatch', 'protection-off'),
  expectation('service:sensor', 'service-degraded'),
  services(moment),
]

/** A candidate attempt in which all goes well: 3 restarts, soak, rollback. */
export function goodCandidate(cell: string, attempt = 1): AttemptScript {
  return {
    cell,
    arm: 'candidate',
    attempt,
    phases: [
      { phase: 'provision' },
      { phase: 'boot', facts: [boot(1)] },
      { phase: 'baseline', facts: [profile, ...look('baseline')], checks: CHECKS },
      {
        phase: 'install',
        facts: [
          { kind: 'install', step: 'apply', outcome: 'ok', exitCode: 0, detail: 'placed 1 file' },
          expectation('candidate:channel-291.bin', 'update-not-applied'),
        ],
      },
      { phase: 'check', facts: look('after-install'), checks: CHECKS },
      ...[2, 3, 4].flatMap((ordinal): PhaseScript[] => [
        { phase: 'restart', facts: [boot(ordinal)] },
        { phase: 'check', facts: look('after-restart'), checks: CHECKS },
      ]),
      {
        phase: 'soak',
        facts: [
          ...look('after-soak'),
          {
            kind: 'measure',
            name: 'memory-growth',
            value: 1,
            unit: 'MiB',
            better: 'lower',
            symptom: 'resource-growth',
            floorValue: 8,
          },
        ],
        checks: CHECKS,
      },
      {
        phase: 'rollback',
        facts: [
          { kind: 'install', step: 'remove', outcome: 'ok', detail: 'restored 1 file' },
          boot(5),
          ...look('after-rollback'),
        ],
        checks: CHECKS,
      },
      { phase: 'collect' },
    ],
  }
}

/** The same machine without the candidate. */
export function goodControl(cell: string, attempt = 1): AttemptScript {
  const candidate = goodCandidate(cell, attempt)
  return {
    ...candidate,
    arm: 'control',
    phases: candidate.phases
      .filter(({ phase }) => phase !== 'install')
      .map((entry) => ({
        ...entry,
        facts: (entry.facts ?? []).filter((fact) => !('kind' in fact) || fact.kind !== 'install'),
      })),
  }
}

const CRASH: Extract<Fact, { kind: 'crash' }> = {
  kind: 'crash',
  mechanism: 'panic',
  title: 'BUG: unable to handle page fault for address: ffffc90000a4f0a8',
  module: 'sensor',
  function: 'interpret_content+0x4c/0x90',
  milestone: 'kernel',
  bootOrdinal: 2,
}

/** Panics in each start after the install, so that nothing after `restart` is ever reached. */
export function bootLoop(cell: string, attempt = 1, crash: Partial<typeof CRASH> = {}): AttemptScript {
  const good = goodCandidate(cell, attempt)
  const before = good.phases.slice(0, 5)
  return {
    ...good,
    phases: [
      ...before,
      {
        phase: 'restart',
        end: 'symptom',
        facts: [2, 3, 4].flatMap((ordinal) => [
          boot(ordinal, {
            cause: ordinal === 2 ? 'asked-restart' : 'unexpected-reset',
            ended: 'crash',
            milestone: 'kernel',
            readyMs: undefined,
            settledMs: undefined,
            bootId: undefined,
            guestBootCount: undefined,
          }),
          { fact: { ...CRASH, ...crash, bootOrdinal: ordinal }, source: 'watch', evidence: ['e'.repeat(64)] },
        ]),
      },
      {
        phase: 'recover',
        facts: [
          {
            kind: 'recovery',
            step: 'content-rollback',
            broughtBack: true,
            detail: 'the content was taken off the disk',
          },
        ],
      },
      { phase: 'collect' },
    ],
  }
}

/** Which check reports a fact. */
export function sourceOf(fact: Fact): string {
  if (fact.kind === 'expectation') return fact.subject.startsWith('product:') ? 'protection' : 'services'
  if (fact.kind === 'inventory') return 'services'
  return fact.kind === 'profile' ? 'profile' : 'watch'
}

/** Replaces facts of an attempt; `change` returns the fact, another one, several, or none. */
export function mapFacts(
  script: AttemptScript,
  change: (fact: Fact, phase: Phase, index: number) => readonly Fact[],
): AttemptScript {
  let index = 0
  return {
    ...script,
    phases: script.phases.map((entry) => ({
      ...entry,
      facts: (entry.facts ?? []).flatMap((given) => {
        const wrapped = 'fact' in given ? given : { fact: given, source: sourceOf(given) }
        index += 1
        return change(wrapped.fact, entry.phase, index - 1).map((fact) => ({ ...wrapped, fact }))
      }),
    })),
  }
}
