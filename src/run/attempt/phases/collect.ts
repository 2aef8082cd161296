/** Saves evidence, on clocks of its own: what failed before cannot take its time away. */
import { mkdtempSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DeadlineError, withDeadline } from '../../../kit/deadline.ts'
import { oneLine } from '../../../kit/text.ts'
import { AppError } from '../../../model/errors.ts'
import { ChannelLost } from '../../../sdk/channel.ts'
import type { CollectTarget, Collector } from '../../../sdk/collector.ts'
import type { Context } from '../../../sdk/context.ts'
import type { AttemptSession } from '../attempt-session.ts'
import { inPhase } from '../in-phase.ts'

const COLLECTOR_MS = 120_000
const COLLECT_MS = 900_000

/** Runs the collectors that apply; the machine may be off afterwards. A collector that breaks is noted, never a verdict. */
export async function collect(session: AttemptSession): Promise<void> {
  const due = session.setup.parts.collectors.filter(
    (collector) => collector.when === 'always' || session.setup.log.symptomatic,
  )
  if (due.length === 0) return
  try {
    await inPhase(session, 'collect', session.scaled(COLLECT_MS), (ctx) => runCollectors(session, due, ctx))
  } catch (error) {
    // What was judged stands; only the evidence is not all there.
    if (!(error instanceof DeadlineError)) throw error
    session.setup.signal.throwIfAborted()
    await session.setup.log.observe('run', {
      kind: 'blind',
      subject: 'collect',
      reason: 'the time for all collectors together was over before the last of them was done',
    })
  }
}

/** One after the other until the phase is over: what runs beyond it would meet the recovery ladder on the same disk. */
async function runCollectors(
  session: AttemptSession,
  due: readonly Collector[],
  phase: Context,
): Promise<void> {
  session.watched.watch.expectOff()
  let folder: string | undefined
  // Most attempts have nothing to collect that needs a folder.
  const scratch = (): string => (folder ??= mkdtempSync(join(tmpdir(), 'ringzero-collect-')))
  try {
    for (const collector of due) {
      phase.signal.throwIfAborted()
      await runCollector(session, collector, scratch, phase)
    }
  } finally {
    if (folder !== undefined) await rm(folder, { recursive: true, force: true })
  }
}

async function runCollector(
  session: AttemptSession,
  collector: Collector,
  scratch: () => string,
  phase: Context,
): Promise<void> {
  const { log, evidence, os } = session.setup
  const own = session.clock.now() + session.scaled(COLLECTOR_MS)
  const ctx = { ...phase, deadline: Math.min(phase.deadline, own) }
  const target: CollectTarget = {
    machine: session.watched.machine,
    os,
    final: true,
    knownCrashes: log.crashes,
    candidatePaths: session.isCandidate ? candidatePaths(session) : [],
    get scratch() {
      return scratch()
    },
    ...(session.guest === undefined ? {} : { guest: session.guest }),
  }
  const source = `collector:${collector.id}`
  try {
    const found = await withDeadline(source, ctx, (signal) =>
      collector.collect(target, evidence, { ...ctx, signal }),
    )
    await Promise.all(found.map(({ fact, evidence: ids }) => log.observe(source, fact, ids)))
  } catch (error) {
    phase.signal.throwIfAborted()
    const message = error instanceof Error ? error.message : String(error)
    if (error instanceof AppError && error.code === 'EVIDENCE_WRITE') throw error
    const excused =
      error instanceof DeadlineError ||
      error instanceof ChannelLost ||
      (error instanceof AppError && (error.fault === 'host' || error.code.startsWith('GUEST_')))
    if (excused) await log.observe('run', { kind: 'blind', subject: source, reason: oneLine(message, 1900) })
    else await log.pluginFault(source, 'PLUGIN_COLLECTOR', message)
  }
}

/** Where the candidate's files stand in the guest, as far as its recipe names them. */
function candidatePaths(session: AttemptSession): readonly string[] {
  const { recipe } = session.installer().artifact
  return [
    ...new Set([
      ...(recipe.install?.place ?? []).map((placed) => placed.to),
      ...(recipe.verify?.files ?? []).map((file) => file.path),
    ]),
  ]
}
