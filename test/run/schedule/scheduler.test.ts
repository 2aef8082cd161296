/** The scheduler alone: any plan, any hosts, any sequence of ends. */
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { AttemptEnd, RunEvent } from '../../../src/model/event.ts'
import type { Plan } from '../../../src/model/plan.ts'
import { emptyRunState, foldEvent, foldRun } from '../../../src/model/run-state.ts'
import { Scheduler } from '../../../src/run/schedule/scheduler.ts'
import type { Assignment } from '../../../src/run/schedule/scheduler-step.ts'
import type { HostCapacity } from '../../../src/run/schedule/slots.ts'
import { makePlan } from '../../stand-ins/simulated-lab.ts'

const ENDS: readonly AttemptEnd[] = ['completed', 'completed', 'completed', 'host-fault', 'plugin-fault']

const scenario = fc.record({
  stages: fc.array(fc.integer({ min: 1, max: 8 }), { minLength: 1, maxLength: 3 }),
  repeats: fc.integer({ min: 1, max: 3 }),
  sharing: fc.integer({ min: 1, max: 4 }),
  memories: fc.array(fc.constantFrom(256, 512, 1024, 4096), { minLength: 24, maxLength: 24 }),
  hosts: fc.array(
    fc.record({
      vcpus: fc.integer({ min: 1, max: 4 }),
      memoryMiB: fc.constantFrom(512, 1024, 2048, 8192),
      machines: fc.integer({ min: 1, max: 4 }),
    }),
    { minLength: 1, maxLength: 3 },
  ),
  choices: fc.array(fc.nat(), { minLength: 400, maxLength: 400 }),
})
type Scenario = typeof scenario extends fc.Arbitrary<infer T> ? T : never

function planOf({ stages, repeats, sharing, memories }: Scenario): Plan {
  const plan = makePlan({ stages, repeats, sharing })
  return {
    ...plan,
    cells: plan.cells.map((cell, index) => ({
      ...cell,
      machine: { ...cell.machine, memoryMiB: memories[index] ?? 512 },
    })),
  }
}

function hostsOf({ hosts }: Scenario): HostCapacity[] {
  return hosts.map((host, index) => ({ ...host, name: `h${index}`, provider: 'simulated' }))
}

/** Plays a run: what is given out ends in an order and way that the choices say. Returns the journal. */
function play(case_: Scenario, cut = Number.POSITIVE_INFINITY, before: readonly RunEvent[] = []): RunEvent[] {
  const plan = planOf(case_)
  const journal: RunEvent[] = [...before]
  const state = foldRun(before)
  for (const attempt of state.attempts)
    if (attempt.end === undefined) {
      const { cell, arm, attempt: number } = attempt
      const closed = {
        type: 'attempt-closed',
        at: 0,
        cell,
        arm,
        attempt: number,
        end: 'interrupted',
      } as const
      journal.push(closed)
      foldEvent(state, closed)
    }
  const hosts = hostsOf(case_)
  const scheduler = new Scheduler({ plan, state, hosts })
  const say = (event: RunEvent): void => {
    journal.push(event)
    scheduler.note(event)
  }
  const open: Assignment[] = []
  let choice = before.length
  const choose = (bound: number): number => (case_.choices[(choice += 1) % case_.choices.length] ?? 0) % bound
  for (let turn = 0; turn < 2000; turn += 1) {
    if (journal.length >= cut) return journal.slice(0, cut)
    const step = scheduler.next()
    if (step.opens) say({ type: 'stage-opened', at: 0, stage: step.stage ?? '', cells: [...step.stageCells] })
    for (const { host, because } of step.drain) say({ type: 'host-drained', at: 0, host, because })
    for (const { cell, source, firstAttempt, skip } of step.reuse) {
      say({ type: 'control-reused', at: 0, cell: cell.id, controlKey: cell.controlKey, source })
      for (let index = skip; index < plan.settings.repeats; index += 1) {
        const key = { at: 0, cell: cell.id, arm: 'control', attempt: firstAttempt + index - skip } as const
        say({ type: 'attempt-opened', ...key, host: 'cache', slot: 0 })
        say({ type: 'attempt-closed', ...key, end: 'completed' })
      }
    }
    for (const assignment of step.start) {
      const { cell, arm, attempt, host, slot } = assignment
      say({ type: 'attempt-opened', at: 0, cell: cell.id, arm, attempt, host, slot })
      open.push(assignment)
      checkRoom(open, hosts)
    }
    if (step.kind === 'done') {
      if (open.length > 0) throw new Error('it is done although attempts run')
      return journal
    }
    if (step.kind === 'stage-due')
      say({ type: 'stage-closed', at: 0, stage: step.stage ?? '', state: 'passed' })
    if (step.kind === 'wait') {
      const [ended] = open.splice(choose(open.length), 1)
      if (ended === undefined) throw new Error('it waits although nothing runs')
      const { cell, arm, attempt } = ended
      const end = ENDS[choose(ENDS.length)] ?? 'completed'
      say({ type: 'attempt-closed', at: 0, cell: cell.id, arm, attempt, end })
    }
  }
  throw new Error('the run did not end')
}

function checkRoom(open: readonly Assignment[], hosts: readonly HostCapacity[]): void {
  for (const host of hosts) {
    const here = open.filter((entry) => entry.host === host.name)
    expect(here.length).toBeLessThanOrEqual(host.machines)
    expect(new Set(here.map(({ slot }) => slot)).size).toBe(here.length)
    expect(here.reduce((sum, { cell }) => sum + cell.machine.memoryMiB, 0)).toBeLessThanOrEqual(
      host.memoryMiB,
    )
    expect(here.reduce((sum, { cell }) => sum + cell.machine.cpu.count, 0)).toBeLessThanOrEqual(host.vcpus)
  }
}

function completedOf(journal: readonly RunEvent[]): Map<string, number> {
  const counts = new Map<string, number>()
  for (const { cell, arm, end } of foldRun(journal).attempts)
    if (end === 'completed') counts.set(`${cell} ${arm}`, (counts.get(`${cell} ${arm}`) ?? 0) + 1)
  return counts
}

describe('the scheduler', () => {
  it('always ends, never overcommits a host, and never gives an attempt out twice', () => {
    fc.assert(
      fc.property(scenario, (case_) => {
        const journal = play(case_)
        const opened = journal.filter((event) => event.type === 'attempt-opened')
        const names = opened.map(({ cell, arm, attempt }) => `${cell} ${arm} ${attempt}`)
        expect(new Set(names).size).toBe(names.length)
        for (const count of completedOf(journal).values()) expect(count).toBeLessThanOrEqual(case_.repeats)
      }),
      { numRuns: 300 },
    )
  })

  it('goes on after a cut at any event, without counting anything twice', () => {
    fc.assert(
      fc.property(scenario, fc.nat(400), (case_, cut) => {
        const first = play(case_, cut)
        const journal = play(case_, Number.POSITIVE_INFINITY, first)
        const opened = journal.filter((event) => event.type === 'attempt-opened')
        const names = opened.map(({ cell, arm, attempt }) => `${cell} ${arm} ${attempt}`)
        expect(new Set(names).size).toBe(names.length)
        for (const count of completedOf(journal).values()) expect(count).toBeLessThanOrEqual(case_.repeats)
        for (const [name, count] of completedOf(first))
          expect(completedOf(journal).get(name) ?? 0).toBeGreaterThanOrEqual(count)
      }),
      { numRuns: 300 },
    )
  })

  it('completes every repeat of every cell and arm when nothing goes wrong', () => {
    fc.assert(
      fc.property(scenario, (case_) => {
        const calm: Scenario = {
          ...case_,
          hosts: [{ vcpus: 4, memoryMiB: 8192, machines: 4 }],
          choices: case_.choices.map((value) => value - (value % ENDS.length)),
        }
        const counts = completedOf(play(calm))
        const cells = planOf(calm).cells
        expect(counts.size).toBe(cells.length * 2)
        for (const count of counts.values()) expect(count).toBe(case_.repeats)
      }),
      { numRuns: 100 },
    )
  })

  it('starts the control of a cell before or beside its candidate, on the same host', () => {
    const plan = makePlan({ stages: [3] })
    const hosts = ['a', 'b'].map((name) => ({
      name,
      provider: 'simulated',
      vcpus: 8,
      memoryMiB: 8192,
      machines: 4,
    }))
    const { start } = new Scheduler({ plan, state: emptyRunState(), hosts }).next()
    expect(start.map(({ arm }) => arm)).toEqual([
      'control',
      'candidate',
      'control',
      'candidate',
      'control',
      'candidate',
    ])
    for (let index = 0; index < start.length; index += 2)
      expect(start[index]?.host).toBe(start[index + 1]?.host)
  })

  it('tries a host fault again on another host, at most twice', () => {
    const plan = makePlan({ stages: [1] })
    const hosts = ['a', 'b', 'c'].map((name) => ({
      name,
      provider: 'simulated',
      vcpus: 1,
      memoryMiB: 512,
      machines: 1,
    }))
    const scheduler = new Scheduler({ plan, state: emptyRunState(), hosts })
    const used: string[] = []
    for (;;) {
      const step = scheduler.next()
      for (const { cell, arm, attempt, host } of step.start) {
        if (arm === 'candidate') used.push(host)
        const end = arm === 'candidate' ? 'host-fault' : 'completed'
        scheduler.note({ type: 'attempt-closed', at: 0, cell: cell.id, arm, attempt, end })
      }
      if (step.kind === 'stage-due') break
    }
    expect(used).toHaveLength(3)
    expect(new Set(used).size).toBe(3)
  })

  it('gives each cell a control of its own where the one that they share had something wrong with it', () => {
    const plan = makePlan({ stages: [3], sharing: 3 })
    const hosts = [{ name: 'a', provider: 'simulated', vcpus: 8, memoryMiB: 8192, machines: 8 }]
    const [first] = plan.cells
    const control = { at: 0, cell: first?.id ?? '', arm: 'control', attempt: 1 } as const
    const looked: RunEvent[] = [true, false].map((holds) => ({
      type: 'observed',
      ...control,
      observation: {
        at: 0,
        phase: 'check',
        source: 'services',
        evidence: [],
        fact: {
          kind: 'expectation',
          subject: 'service:sensor',
          expected: 'running',
          seen: 'stopped',
          holds,
          symptom: 'service-degraded',
          severity: 'fail',
        },
      },
    }))
    const followedBy = (events: readonly RunEvent[]): { shared: number; own: number } => {
      const scheduler = new Scheduler({ plan, state: emptyRunState(), hosts })
      scheduler.next()
      const journal: RunEvent[] = [
        { type: 'attempt-opened', ...control, host: 'a', slot: 0 },
        ...events,
        { type: 'attempt-closed', ...control, end: 'completed' },
      ]
      for (const event of journal) scheduler.note(event)
      const { reuse, start } = scheduler.next()
      const resumed = new Scheduler({ plan, state: foldRun(journal), hosts }).next()
      expect(resumed.reuse).toHaveLength(reuse.length)
      return { shared: reuse.length, own: start.filter(({ arm }) => arm === 'control').length }
    }
    expect(followedBy(looked.slice(0, 1))).toEqual({ shared: 2, own: 0 })
    expect(followedBy(looked)).toEqual({ shared: 0, own: 2 })
  })

  it('fills a host beside a machine that is too large for the moment, but not for ever', () => {
    const plan = makePlan({ stages: [100] })
    const cells = plan.cells.map((cell, index) => ({
      ...cell,
      machine: { ...cell.machine, memoryMiB: index === 0 ? 1024 : 512 },
    }))
    const hosts = [{ name: 'a', provider: 'simulated', vcpus: 8, memoryMiB: 1024, machines: 8 }]
    const scheduler = new Scheduler({ plan: { ...plan, cells }, state: emptyRunState(), hosts })
    const large = cells[0]?.id
    const open: Assignment[] = []
    const order: string[] = []
    while (!order.includes(large ?? '') || order.length < 3) {
      const step = scheduler.next()
      open.push(...step.start)
      order.push(...step.start.map(({ cell }) => cell.id))
      if (order.length > 120) throw new Error('the large machine starved')
      const ended = open.shift()
      if (ended === undefined) continue
      const { cell, arm, attempt } = ended
      scheduler.note({ type: 'attempt-closed', at: 0, cell: cell.id, arm, attempt, end: 'completed' })
    }
    expect(order).toContain(large)
  })
})
