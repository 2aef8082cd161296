/** An attempt that goes on from a checkpoint against one that boots first: what the content lane saves, as ratios in one run. */
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { cellCheckpoints } from '../../../src/app/cell-checkpoints.ts'
import { runPlan } from '../../../src/app/run-plan.ts'
import type { RunEvent } from '../../../src/model/event.ts'
import type { PlannedCell } from '../../../src/model/plan.ts'
import type { RunParts } from '../../../src/run/run-parts.ts'
import { realFolder, realParts, realPlan } from '../../stand-ins/real-lab.ts'
import type { BenchResult } from './bench-result.ts'

const ROUNDS = 2

interface Times {
  /** From the machine's making to the end of its first start. */
  readonly ready: number
  readonly attempt: number
}

/** Both in turns, one machine at a time, without checks: they cost the same on both sides. */
export async function contentLane(): Promise<BenchResult> {
  const folder = realFolder()
  const plain = { ...(await realParts(folder, 'good', 1)), checks: [], collectors: [] }
  const lab = { lab: plain, hosts: plain.hosts, products: plain.products }
  const { checkpointFor, release } = cellCheckpoints(lab, async (...asked) => await plain.sourceFor(...asked))
  const parts: RunParts = { ...plain, checkpointFor }
  const lines: string[] = []
  try {
    // The first makes the checkpoint; that is paid once, not once an attempt.
    const first = await controlTimes(parts, join(folder, 'first'), 'checkpoint')
    const sums = { checkpoint: { ready: 0, attempt: 0 }, boot: { ready: 0, attempt: 0 } }
    for (let round = 1; round <= ROUNDS; round += 1)
      for (const from of ['boot', 'checkpoint'] as const) {
        const { ready, attempt } = await controlTimes(parts, join(folder, `${from}-${round}`), from)
        lines.push(`round ${round}, ${from}: ready in ${ready.toFixed(2)} s, attempt ${attempt.toFixed(2)} s`)
        sums[from] = { ready: sums[from].ready + ready, attempt: sums[from].attempt + attempt }
      }
    const ratio = (what: keyof Times): number => sums.checkpoint[what] / sums.boot[what]
    return {
      name: 'an attempt from a checkpoint against one from a boot',
      passed: ratio('attempt') < 1,
      lines: [
        ...lines,
        `the first attempt, which makes the checkpoint: ${first.attempt.toFixed(2)} s`,
        `ratio of whole attempts ${ratio('attempt').toFixed(3)} (target < 1), until ready ${ratio('ready').toFixed(3)}`,
      ],
    }
  } finally {
    await release()
    rmSync(folder, { recursive: true, force: true })
  }
}

async function controlTimes(
  parts: RunParts,
  runFolder: string,
  from: NonNullable<PlannedCell['start']>['from'],
): Promise<Times> {
  const plan = realPlan({ stages: [1], restarts: 1, soakSeconds: 1 })
  const events: RunEvent[] = []
  const stop = new AbortController()
  await runPlan({
    plan: { ...plan, cells: plan.cells.map((cell) => ({ ...cell, start: { from } })) },
    // Each with a control of its own: what is measured must not be taken over.
    run: `bench-${process.pid}-${runFolder.split('/').at(-1) ?? ''}`,
    runFolder,
    parts: { ...parts, imageContent: () => Promise.resolve(undefined) },
    hooks: { judgeStage: () => 'passed' },
    signal: stop.signal,
    listeners: [
      (event) => {
        events.push(event)
        if (event.type === 'attempt-closed') stop.abort(new Error('enough was measured'))
      },
    ],
  })
  const at = (wanted: (event: RunEvent) => boolean): number =>
    events.find((event) => 'arm' in event && event.arm === 'control' && wanted(event))?.at ?? Number.NaN
  const opened = at(({ type }) => type === 'attempt-opened')
  const ready = at((event) => event.type === 'phase-opened' && event.phase === 'baseline')
  return {
    ready: (ready - opened) / 1000,
    attempt: (at(({ type }) => type === 'attempt-closed') - opened) / 1000,
  }
}
