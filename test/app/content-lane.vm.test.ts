/** The content lane on real machines: saved once, gone on from by every attempt, judged as any cell. */
import { readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { judgeRun } from '../../src/app/judge-run.ts'
import { readRunState } from '../../src/record/read-run-state.ts'
import { listCheckpoints } from '../../src/lab/checkpoints.ts'
import type { RunEvent } from '../../src/model/event.ts'
import type { FactOf } from '../../src/model/observation.ts'
import { DEFAULT_POLICY } from '../../src/model/policy.ts'
import type { Gate, Report } from '../../src/model/report.ts'
import { seededRandom } from '../../src/kit/random.ts'
import { workAndKill } from '../stand-ins/kill-and-resume.ts'
import { laneCandidate, laneLab, laneRun, processesOf, removeLane } from '../stand-ins/lane-lab.ts'

const lab = laneLab()
const child = resolve(import.meta.dirname, '../stand-ins/lane-child.ts')

afterAll(() => removeLane(lab))

let runs = 0
/** A name that no try before has used. */
const fresh = (name: string): string => `${name}-${(runs += 1)}`

async function judged(runFolder: string): Promise<{ report: Report; gate: Gate; verdicts: object }> {
  const { report, gate } = await judgeRun(runFolder, DEFAULT_POLICY, 0)
  // On a busy computer one start may take so much longer than another that the judge warns.
  const verdicts = Object.fromEntries(
    report.cells.map(({ planned, verdict: { outcome } }) => [
      planned.configuration['cpu'],
      outcome === 'warn' ? 'pass' : outcome,
    ]),
  )
  return { report, gate, verdicts }
}

function boots(events: readonly RunEvent[], arm: 'candidate' | 'control', cell?: string): FactOf<'boot'>[] {
  return events.flatMap((event) =>
    event.type === 'observed' &&
    event.arm === arm &&
    (cell === undefined || event.cell === cell) &&
    event.observation.fact.kind === 'boot'
      ? [event.observation.fact]
      : [],
  )
}

describe('a run of the content lane', () => {
  it('is red where the running sensor dies of its content, and green where it does not', async () => {
    const { events, runFolder } = await laneRun(lab, laneCandidate(lab, 'bad-content', true), fresh('bad'))
    const { gate, verdicts, report } = await judged(runFolder)
    expect(verdicts).toEqual({ avx: 'fail', baseline: 'pass' })
    expect(gate.decision).toBe('hold')
    const avx = report.cells.find(({ planned }) => planned.configuration['cpu'] === 'avx')
    expect(avx?.verdict).toMatchObject({ blame: 'candidate' })
    // It died while it ran, in the phase that told the sensor; no start of its own had come before.
    const crash = events.find((event) => event.type === 'observed' && event.observation.fact.kind === 'crash')
    expect(crash).toMatchObject({
      arm: 'candidate',
      cell: avx?.planned.id,
      observation: { phase: 'install' },
    })
    expect(boots(events, 'candidate', avx?.planned.id)[0]).toMatchObject({ cause: 'restored', ordinal: 1 })
  })

  it('releases good content, whose machines go on from the same checkpoints as their controls and restart', async () => {
    const { events, runFolder } = await laneRun(lab, laneCandidate(lab, 'good-content', false), fresh('good'))
    const { gate, verdicts } = await judged(runFolder)
    expect(verdicts).toEqual({ avx: 'pass', baseline: 'pass' })
    expect(gate.decision).toBe('release')
    expect(events.filter(({ type }) => type === 'control-reused')).toHaveLength(2)
    const checkpoints = (await listCheckpoints(lab.store)).filter(({ invalidated }) => !invalidated)
    expect(checkpoints).toHaveLength(2)
    for (const arm of ['candidate', 'control'] as const) {
      const seen = boots(events, arm)
      expect(seen.map(({ cause }) => cause).toSorted()).toEqual([
        ...Array.from({ length: 4 }, () => 'asked-restart'),
        ...Array.from({ length: 2 }, () => 'restored'),
      ])
      const from = seen.flatMap(({ checkpoint }) => (checkpoint === undefined ? [] : [checkpoint]))
      expect(from.toSorted()).toEqual(checkpoints.map(({ sha256 }) => sha256).toSorted())
    }
    // The boot id is that of the save until the restart, which changes it and counts exactly one.
    const restored = boots(events, 'candidate').filter(({ cause }) => cause === 'restored')
    for (const fact of restored) {
      const saved = checkpoints.find(({ sha256 }) => sha256 === fact.checkpoint)
      expect(fact).toMatchObject({ ordinal: 1, bootId: saved?.bootId, guestBootCount: saved?.bootCount })
    }
    const counts = events.flatMap((event) =>
      event.type === 'observed' &&
      event.observation.fact.kind === 'expectation' &&
      event.observation.fact.subject === 'boot:count'
        ? [event.observation.fact.holds]
        : [],
    )
    expect(counts.length).toBeGreaterThanOrEqual(8)
    expect(counts).not.toContain(false)
  })

  it('runs an attempt again, from a new checkpoint, when one goes on as somebody else', async () => {
    const before = await listCheckpoints(lab.store)
    const first = before.find(({ invalidated }) => !invalidated)
    const manifest = join(lab.store, 'checkpoints', first?.key ?? '', 'manifest.json')
    const told = JSON.parse(readFileSync(manifest, 'utf8')) as Record<string, unknown>
    writeFileSync(manifest, JSON.stringify({ ...told, bootId: 'of another life' }))
    const { events, runFolder } = await laneRun(
      lab,
      laneCandidate(lab, 'good-content', false),
      fresh('again'),
    )
    const ends = events.flatMap((event) =>
      event.type === 'attempt-closed' && event.arm === 'candidate' ? [event.end] : [],
    )
    expect(ends.toSorted()).toEqual(['completed', 'completed', 'host-fault'])
    const faults = events.flatMap((event) => (event.type === 'fault' ? [event] : []))
    expect(faults).toMatchObject([{ phase: 'restore', fault: { code: 'HOST_CHECKPOINT', fault: 'host' } }])
    expect((await judged(runFolder)).verdicts).toEqual({ avx: 'pass', baseline: 'pass' })
    const after = await listCheckpoints(lab.store)
    expect(after.filter(({ invalidated }) => invalidated).map(({ key }) => key)).toEqual(
      expect.arrayContaining([first?.key]),
    )
    expect(after.filter(({ invalidated }) => !invalidated)).toHaveLength(2)
    expect(after).toHaveLength(before.length + 1)
  })

  it('is completed although it is killed again and again, also while its checkpoints are made', async () => {
    const killed = laneLab()
    try {
      const candidate = laneCandidate(killed, 'good-content', false)
      const random = seededRandom(292)
      const words = [child, killed.folder, candidate]
      let kills = 0
      while (kills < 2 && (await workAndKill(words, 4000 + random() * 20_000)) === 'killed') kills += 1
      expect(await workAndKill(words, 550_000)).toBe('complete')
      const state = await readRunState(join(killed.folder, 'run'))
      const completed = state.attempts.filter(({ end }) => end === 'completed')
      expect(completed.map(({ arm }) => arm).toSorted()).toEqual([
        'candidate',
        'candidate',
        'control',
        'control',
      ])
      expect((await judged(join(killed.folder, 'run'))).verdicts).toEqual({ avx: 'pass', baseline: 'pass' })
      expect(state.machines.size).toBe(0)
      expect(processesOf(killed.folder)).toEqual([])
      expect(readdirSync(join(killed.store, 'machines'))).toEqual([])
    } finally {
      removeLane(killed)
    }
  })
})
