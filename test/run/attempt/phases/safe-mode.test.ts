/** Whether safe mode still starts: asked once, after the soak, and only where a check wants to know. */
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { runEvents } from '../../../../src/record/run-events.ts'
import { runPlan } from '../../../../src/app/run-plan.ts'
import { DeadlineError } from '../../../../src/kit/deadline.ts'
import { blindSpots } from '../../../../src/judge/evidence-gaps.ts'
import { judgeRun } from '../../../../src/judge/judge-run.ts'
import { expectationSymptoms } from '../../../../src/judge/symptoms/expectation-symptoms.ts'
import type { RunEvent } from '../../../../src/model/event.ts'
import type { Fact } from '../../../../src/model/observation.ts'
import { DEFAULT_POLICY } from '../../../../src/model/policy.ts'
import { foldRun, type AttemptState, type RunState } from '../../../../src/model/run-state.ts'
import type { Verdict } from '../../../../src/model/verdict.ts'
import type { AttemptSession } from '../../../../src/run/attempt/attempt-session.ts'
import { safeMode } from '../../../../src/run/attempt/phases/safe-mode.ts'
import { ChannelLost } from '../../../../src/sdk/channel.ts'
import type { Check } from '../../../../src/sdk/check.ts'
import type { Machine } from '../../../../src/sdk/provider.ts'
import {
  makePlan,
  servicesCheck,
  simulatedParts,
  temporaryFolder,
  type LabOptions,
} from '../../../stand-ins/simulated-lab.ts'

const inSafeMode: Check = {
  id: 'in-safe-mode',
  title: 'what is seen in safe mode',
  moments: ['after-soak'],
  os: ['linux', 'windows'],
  needed: false,
  start: 'safe',
  async run({ os, guest }, ctx) {
    const { mode } = await os.boot(guest, ctx)
    return [
      {
        kind: 'expectation',
        subject: 'seen',
        expected: 'safe',
        seen: mode,
        holds: mode === 'safe',
        symptom: 'service-degraded',
        severity: 'fail',
      },
    ]
  },
}

const plan = makePlan({ stages: [1] })

async function attempts(
  faults: NonNullable<LabOptions['faults']> = [],
  checks: readonly Check[] = [servicesCheck, inSafeMode],
  change: (machine: Machine) => void = () => undefined,
): Promise<readonly AttemptState[]> {
  return (await runState(faults, checks, change)).attempts
}

async function runState(
  faults: NonNullable<LabOptions['faults']>,
  checks: readonly Check[] = [servicesCheck, inSafeMode],
  change: (machine: Machine) => void = () => undefined,
): Promise<Seen> {
  const folder = temporaryFolder()
  const parts = await simulatedParts({ folder, faults, checks })
  for (const { provider } of parts.hosts) {
    const create = provider.create.bind(provider)
    provider.create = async (spec, ctx) => {
      const machine = await create(spec, ctx)
      change(machine)
      return machine
    }
  }
  const outcome = await runPlan({
    plan,
    run: '20261122T000000Z-0001',
    runFolder: join(folder, 'run'),
    parts,
    hooks: { judgeStage: () => 'passed' },
    signal: new AbortController().signal,
  })
  expect(outcome).toMatchObject({ pluginFaults: 0, toolFaults: 0, leftBehind: [] })
  const events: RunEvent[] = []
  for await (const event of runEvents(join(folder, 'run'))) events.push(event)
  return { ...foldRun(events), events }
}

/** A run with its journal. */
type Seen = RunState & { readonly events: readonly RunEvent[] }

function verdictOf({ events }: Seen): Verdict {
  const [cell] = judgeRun(plan, events, DEFAULT_POLICY, 0).cells
  if (cell === undefined) throw new Error('no cell was judged')
  return cell.verdict
}

const classesOf = (state: Seen): readonly string[] => verdictOf(state).symptoms.map((one) => one.class)

/** What is changed on the machine of the candidate's arm, and nowhere else. */
const withCandidate =
  (change: (machine: Machine) => void) =>
  (machine: Machine): void => {
    if (machine.ref.arm === 'candidate') change(machine)
  }

const about = (attempt: AttemptState | undefined, start: string): readonly Fact[] =>
  (attempt?.observations ?? [])
    .map(({ fact }) => fact)
    .filter((fact) => fact.kind === 'expectation' && fact.subject.startsWith(start))

it('is looked at once an attempt, and the machine is up as usual for the roll-back', async () => {
  const both = await attempts()
  for (const attempt of both) {
    expect(attempt.end).toBe('completed')
    expect(about(attempt, 'safe-mode:start')).toMatchObject([{ holds: true, seen: 'it runs in safe mode' }])
    expect(about(attempt, 'seen')).toMatchObject([{ holds: true }])
    // Two restarts, the one after safe mode, the roll-back's.
    expect(about(attempt, 'boot:count')).toMatchObject(Array.from({ length: 4 }, () => ({ holds: true })))
    expect(attempt.phases.at(-1)).toMatchObject({ phase: 'rollback', end: 'done' })
    expect(attempt.phases.every(({ end }) => end === 'done')).toBe(true)
    const modes = attempt.observations.filter(({ fact }) => fact.kind === 'stuck')
    expect(modes).toEqual([])
  }
})

it('is told as a failure when it does not start, and as nothing else; the machine is started as usual again', async () => {
  const [, candidate] = await attempts([{ behaviour: 'safe-mode-panic' }])
  expect(candidate?.arm).toBe('candidate')
  expect(about(candidate, 'safe-mode:start')).toMatchObject([{ holds: false, symptom: 'safe-mode-broken' }])
  const crashes = candidate?.observations.map(({ fact }) => fact).filter((fact) => fact.kind === 'crash')
  expect(crashes).toMatchObject([{ expectedByTest: true }])
  expect(candidate?.phases.at(-1)).toMatchObject({ phase: 'rollback', end: 'done' })
  const found = candidate === undefined ? [] : expectationSymptoms(candidate)
  expect(found.map(({ symptom }) => symptom.signature).join()).toContain('safe-mode-broken')
})

it('that dies before the guest counts the start is no start behind our back', async () => {
  const state = await runState([{ behaviour: 'safe-mode-panic' }])
  expect(verdictOf(state)).toMatchObject({ outcome: 'fail', blame: 'candidate' })
  expect(classesOf(state)).toEqual(['safe-mode-broken'])
})

it('is not started where no check asks for it', async () => {
  const both = await attempts([{ behaviour: 'safe-mode-panic' }], [servicesCheck])
  for (const attempt of both) expect(about(attempt, 'safe-mode')).toEqual([])
})

it('is told as a failure when the machine dies right after the last look', async () => {
  const late: Check = {
    ...inSafeMode,
    async run({ arm, os, guest }, ctx) {
      if (arm === 'candidate')
        void ctx.clock.sleep(500).then(async () => await os.restart(guest, ctx).catch(() => undefined))
      return await Promise.resolve([])
    },
  }
  const [control, candidate] = await attempts([], [servicesCheck, late])
  expect(about(control, 'safe-mode:')).toMatchObject([{ holds: true }, { holds: true }])
  expect(about(candidate, 'safe-mode:')).toMatchObject([
    { subject: 'safe-mode:start', holds: true },
    { subject: 'safe-mode:stays', holds: false, symptom: 'safe-mode-broken' },
  ])
  expect(candidate?.phases.at(-1)).toMatchObject({ phase: 'rollback', end: 'done' })
})

it('that the control does not reach either takes no blame from what the candidate breaks elsewhere', async () => {
  const state = await runState([
    { behaviour: 'safe-mode-panic', needs: 'always' },
    { behaviour: 'service-degraded' },
  ])
  expect(verdictOf(state)).toMatchObject({ outcome: 'fail', blame: 'candidate' })
  expect(new Set(classesOf(state))).toEqual(new Set(['service-degraded']))
})

it('is a gap under the name of the check on a machine that cannot be started so, and costs no verdict', async () => {
  const both = await attempts([], [servicesCheck, inSafeMode], (machine) => {
    Object.defineProperty(machine, 'safeBoot', { value: undefined })
  })
  expect(blindSpots(both, new Set()).map(({ subject }) => subject)).toContain('in-safe-mode')
  expect(blindSpots(both, new Set(['in-safe-mode']))).toEqual([])
})

it('is a gap on a machine that went on from a checkpoint, which is left as it is', async () => {
  const facts: Fact[] = []
  const session = {
    setup: {
      checks: [inSafeMode],
      os: { name: 'linux' },
      assignment: { cell: { start: { from: 'checkpoint' } } },
      log: { observe: (_source: string, fact: Fact) => Promise.resolve(void facts.push(fact)) },
    },
    watched: { machine: { safeBoot: {} } },
  } as unknown as AttemptSession
  await safeMode(session)
  const reason = expect.stringContaining('went on from a checkpoint') as string
  expect(facts).toEqual([{ kind: 'blind', subject: 'in-safe-mode', reason }])
})

describe('on the way down to it', () => {
  it('a crash is as hard as any other', async () => {
    const state = await runState([{ behaviour: 'shutdown-panic' }])
    const [, candidate] = state.attempts
    expect(about(candidate, 'safe-mode')).toEqual([])
    expect(verdictOf(state)).toMatchObject({ outcome: 'fail', blame: 'candidate' })
    expect(classesOf(state)).toEqual(['panic'])
  })

  it.each([
    ['guest', ['power-off-failed']],
    ['power', ['power-off-failed', 'unexpected-restart']],
  ])('a restart in the place of the power-off is told (%s)', async (when, classes) => {
    let restarted = false
    const change = withCandidate((machine) => {
      const stop = machine.stop.bind(machine)
      machine.stop = async (how, ctx) => {
        const guest = how === when && !restarted ? await machine.connect(ctx) : undefined
        restarted ||= guest !== undefined
        await guest?.exec({ program: 'simulated', arguments: ['restart'] }, ctx)
        if (how === 'power') return await stop(how, ctx)
        await ctx.clock.sleep(ctx.deadline - ctx.clock.now(), ctx.signal)
        throw new DeadlineError('the machine’s power-off', ctx.deadline)
      }
    })
    const state = await runState([], undefined, change)
    expect(verdictOf(state)).toMatchObject({ outcome: 'fail', blame: 'candidate' })
    expect([...new Set(classesOf(state))].toSorted()).toEqual(classes)
  })
})

describe('takes nothing for the candidate’s that is the lab’s', () => {
  const stayed = [
    { subject: 'safe-mode:start', holds: true },
    { subject: 'safe-mode:stays', holds: true },
  ]

  it('a link that breaks once is opened again', async () => {
    let links = 0
    const hiccup: Check = {
      ...inSafeMode,
      run: async (target, ctx) => {
        if (target.arm === 'candidate' && links++ === 0) throw new ChannelLost('a hiccup')
        return await inSafeMode.run(target, ctx)
      },
    }
    const [, candidate] = await attempts([], [servicesCheck, hiccup])
    expect(about(candidate, 'safe-mode:')).toMatchObject(stayed)
    expect(about(candidate, 'seen')).toMatchObject([{ holds: true }])
    expect(about(candidate, 'boot:count').every((fact) => fact.kind === 'expectation' && fact.holds)).toBe(
      true,
    )
  })

  it('a check that takes too long has not looked', async () => {
    const slow: Check = {
      ...inSafeMode,
      run: async (_, ctx) => {
        await ctx.clock.sleep(10_000_000, ctx.signal)
        return []
      },
    }
    const both = await attempts([], [servicesCheck, slow])
    for (const attempt of both) expect(about(attempt, 'safe-mode:')).toMatchObject(stayed)
    expect(blindSpots(both, new Set()).map(({ subject }) => subject)).toContain('in-safe-mode')
  })

  it('a system that runs there and takes no session is not looked at', async () => {
    const [, candidate] = await attempts([{ behaviour: 'safe-mode-silent' }])
    expect(about(candidate, 'safe-mode:')).toEqual([])
    expect(candidate?.phases.every(({ end }) => end === 'done')).toBe(true)
    const [blind] = candidate === undefined ? [] : blindSpots([candidate], new Set())
    expect(blind?.reason).toContain('heartbeat')
  })

  it.each<[string, string, (machine: Machine, late: () => Promise<void>) => void]>([
    ['start it', 'HOST_START', ({ safeBoot }, late) => safeBoot && (safeBoot.startSafe = late)],
    [
      'switch it off',
      'HOST_STOP',
      (machine, late) => {
        const stop = machine.stop.bind(machine)
        machine.stop = (how, ctx) => (how === 'power' ? late() : stop(how, ctx))
      },
    ],
  ])('a host that does not %s in time is at fault', async (_, code, change) => {
    const late = (): Promise<void> => Promise.reject(new DeadlineError('what the host does', 0))
    const state = await runState(
      [],
      undefined,
      withCandidate((machine) => change(machine, late)),
    )
    const faults = state.attempts.flatMap((attempt) => attempt.faults)
    expect(new Set(faults.map((one) => `${one.fault} ${one.code}`))).toEqual(new Set([`host ${code}`]))
    expect(verdictOf(state)).toMatchObject({ outcome: 'inconclusive', blame: 'host', symptoms: [] })
  })
})
