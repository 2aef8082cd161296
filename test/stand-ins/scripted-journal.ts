/** Turns scripted attempts into the lines of a journal. */
import type { RunEvent } from '../../src/model/event.ts'
import type { Plan } from '../../src/model/plan.ts'
import { sourceOf, type AttemptScript } from './scripted-run.ts'

/** When every scripted run began. */
export const T0 = Date.parse('2026-11-20T08:00:00Z')

/** All events of the attempts in one journal, one millisecond apart. */
export function journalOf(
  plan: Plan,
  scripts: readonly AttemptScript[],
  options: { readonly closed?: boolean; readonly simulated?: boolean } = {},
): RunEvent[] {
  let at = T0
  const next = (): number => (at += 500)
  const events: RunEvent[] = [
    {
      type: 'run-opened',
      at: next(),
      run: '20261120T080000Z-4f1c',
      plan: plan.id,
      toolVersion: '0.1.0',
      seed: plan.seed,
      simulated: options.simulated ?? false,
      journalVersion: 1,
    },
    { type: 'session-opened', at: next(), session: 1, pid: 4242, host: 'builder' },
    {
      type: 'host-inspected',
      at: next(),
      host: 'lab-1',
      provider: 'qemu',
      facts: { accelerator: 'tcg', qemu: '10.0.3' },
    },
    ...plan.stages.map((stage): RunEvent => ({
      type: 'stage-opened',
      at: next(),
      stage: stage.id,
      cells: stage.cells,
    })),
  ]
  for (const script of scripts) events.push(...attemptEvents(script, next))
  if (options.closed !== false) {
    for (const stage of plan.stages)
      events.push({ type: 'stage-closed', at: next(), stage: stage.id, state: 'passed' })
    events.push({ type: 'run-closed', at: next() })
  }
  return events
}

function attemptEvents(script: AttemptScript, next: () => number): RunEvent[] {
  const head = { cell: script.cell, arm: script.arm, attempt: script.attempt ?? 1 }
  const events: RunEvent[] = [
    { type: 'attempt-opened', at: next(), ...head, host: script.host ?? 'lab-1', slot: 0 },
  ]
  for (const { phase, facts = [], checks = [], end = 'done' } of script.phases) {
    events.push({ type: 'phase-opened', at: next(), ...head, phase, deadline: T0 + 3_600_000 })
    for (const check of checks) events.push({ type: 'check-ran', at: next(), ...head, phase, check })
    for (const given of facts) {
      const {
        fact,
        source,
        evidence = [],
      } = 'fact' in given ? { evidence: [], ...given } : { fact: given, source: sourceOf(given) }
      events.push({
        type: 'observed',
        at: next(),
        ...head,
        observation: { at: T0, phase, source, fact, evidence },
      })
    }
    if (script.fault?.phase === phase) {
      const { phase: _, ...fault } = { fault: 'host' as const, ...script.fault }
      events.push({ type: 'fault', at: next(), ...head, phase, fault })
    }
    events.push({ type: 'phase-closed', at: next(), ...head, phase, end })
  }
  for (const { name, mediaType, id } of script.evidence ?? [])
    events.push({
      type: 'evidence-saved',
      at: next(),
      ...head,
      evidence: {
        ...head,
        id,
        name,
        mediaType,
        bytes: 1000,
        path: `cells/${script.cell}/${script.arm}-${head.attempt}/${name}`,
        phase: 'collect',
        cut: false,
      },
    })
  if (script.end !== null)
    events.push({ type: 'attempt-closed', at: next(), ...head, end: script.end ?? 'completed' })
  return events
}
