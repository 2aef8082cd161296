/** 100,000 cells through the scheduler and the journal, and a smaller number through whole simulated attempts: time and memory. */
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { runPlan } from '../../../src/app/run-plan.ts'
import { monotonicMs } from '../../../src/kit/clock.ts'
import type { RunEvent } from '../../../src/model/event.ts'
import { emptyRunState, foldRun } from '../../../src/model/run-state.ts'
import { openJournal, readJournal } from '../../../src/record/journal.ts'
import { Scheduler } from '../../../src/run/schedule/scheduler.ts'
import type { Assignment } from '../../../src/run/schedule/scheduler-step.ts'
import { makePlan, simulatedParts, temporaryFolder } from '../../stand-ins/simulated-lab.ts'
import type { BenchResult } from './bench-result.ts'

const CELLS = 100_000
const SCHEDULE_LIMIT_S = 120
const MEMORY_LIMIT_MIB = 1500
const WHOLE_CELLS = 500

/** Plans, schedules and journals 100,000 cells; then runs 500 of them through every phase on simulated machines. */
export async function manyCells(): Promise<BenchResult> {
  const scheduled = await schedule()
  const whole = await runWhole()
  return {
    name: `${CELLS.toLocaleString('en')} simulated cells`,
    passed:
      scheduled.seconds <= SCHEDULE_LIMIT_S && scheduled.memoryMiB <= MEMORY_LIMIT_MIB && whole.complete,
    lines: [
      `scheduled and journaled ${scheduled.attempts.toLocaleString('en')} attempts in ${scheduled.seconds.toFixed(1)} s (limit ${SCHEDULE_LIMIT_S} s), ${scheduled.memoryMiB} MiB resident (limit ${MEMORY_LIMIT_MIB} MiB)`,
      `read back, checked and folded in ${scheduled.foldSeconds.toFixed(1)} s: ${scheduled.completed.toLocaleString('en')} completed attempts`,
      `whole attempts with all phases on simulated machines: ${whole.attempts} in ${whole.seconds.toFixed(1)} s, ${Math.round(whole.attempts / whole.seconds)} a second`,
    ],
  }
}

async function schedule(): Promise<{
  readonly attempts: number
  readonly completed: number
  readonly seconds: number
  readonly foldSeconds: number
  readonly memoryMiB: number
}> {
  const folder = temporaryFolder()
  const path = join(folder, 'journal.jsonl')
  const plan = makePlan({ stages: [100, CELLS - 100], sharing: 20 })
  const begun = monotonicMs()
  const journal = await openJournal(path)
  const hosts = Array.from({ length: 20 }, (_, index) => ({
    name: `h${index}`,
    provider: 'simulated',
    vcpus: 64,
    memoryMiB: 65_536,
    machines: 64,
  }))
  const scheduler = new Scheduler({ plan, state: emptyRunState(), hosts })
  let attempts = 0
  const open: Assignment[] = []
  for (;;) {
    const step = scheduler.next()
    const events: RunEvent[] = []
    for (const { cell, source, firstAttempt } of step.reuse) {
      const key = { at: 0, cell: cell.id, arm: 'control', attempt: firstAttempt } as const
      events.push({ type: 'control-reused', at: 0, cell: cell.id, controlKey: cell.controlKey, source })
      events.push({ type: 'attempt-opened', ...key, host: 'h0', slot: 0 })
      events.push({ type: 'attempt-closed', ...key, end: 'completed' })
      attempts += 1
    }
    for (const { cell, arm, attempt, host, slot } of step.start) {
      events.push({ type: 'attempt-opened', at: 0, cell: cell.id, arm, attempt, host, slot })
      attempts += 1
    }
    open.push(...step.start)
    if (step.kind === 'stage-due')
      events.push({ type: 'stage-closed', at: 0, stage: step.stage ?? '', state: 'passed' })
    if (step.kind === 'wait')
      for (const { cell, arm, attempt } of open.splice(0, 200))
        events.push({ type: 'attempt-closed', at: 0, cell: cell.id, arm, attempt, end: 'completed' })
    for (const event of events) scheduler.note(event)
    await Promise.all(events.map((event) => journal.append(event)))
    if (step.kind === 'done') break
  }
  await journal.close()
  const seconds = (monotonicMs() - begun) / 1000
  const foldBegun = monotonicMs()
  const events: RunEvent[] = []
  for await (const event of readJournal(path)) events.push(event)
  const completed = foldRun(events).attempts.filter(({ end }) => end === 'completed').length
  const foldSeconds = (monotonicMs() - foldBegun) / 1000
  const memoryMiB = Math.round(process.memoryUsage().rss / 1024 / 1024)
  rmSync(folder, { recursive: true, force: true })
  return { attempts, completed, seconds, foldSeconds, memoryMiB }
}

async function runWhole(): Promise<{
  readonly attempts: number
  readonly seconds: number
  readonly complete: boolean
}> {
  const folder = temporaryFolder()
  const begun = monotonicMs()
  let attempts = 0
  const outcome = await runPlan({
    plan: makePlan({ stages: [WHOLE_CELLS], sharing: 10 }),
    run: 'bench',
    runFolder: join(folder, 'run'),
    parts: await simulatedParts({ folder, hosts: 4, machines: 50 }),
    hooks: { judgeStage: () => 'passed' },
    signal: new AbortController().signal,
    listeners: [(event) => void (event.type === 'attempt-closed' && (attempts += 1))],
  })
  const seconds = (monotonicMs() - begun) / 1000
  rmSync(folder, { recursive: true, force: true })
  return { attempts, seconds, complete: outcome.ended === 'complete' && attempts === WHOLE_CELLS * 2 }
}
