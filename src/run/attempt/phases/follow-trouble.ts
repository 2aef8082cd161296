/**
 * After a machine died, restarted by itself or fell silent: saves what the host can see at once, then gives it the further starts after
 * which a customer's machine would be called broken (Windows enters recovery only after failed starts).
 */
import { oneLine } from '../../../kit/text.ts'
import type { FactOf } from '../../../model/observation.ts'
import type { AttemptSession } from '../attempt-session.ts'
import { awaitBoot } from '../await-boot.ts'
import { inPhase } from '../in-phase.ts'
import { MachineTrouble } from '../machine-trouble.ts'
import { powerOff, startMachine, switchOff } from './boot.ts'

/** A loop or crash is judged over three starts; a hang, whose deadlines are long, over two. */
const STARTS_AFTER_CRASH = 3
const STARTS_AFTER_HANG = 2
const DIED: ReadonlySet<MachineTrouble['kind']> = new Set(['crash', 'reset', 'power-off', 'stuck'])
/** A kernel that crashed restarts by itself within seconds, or never. */
const SELF_RESTART_MS = 20_000
/** A machine that dies right after it said that it is up was never up. */
const STAYS_MS = 3000
/** A machine that died soon after it had settled is watched for somewhat longer than it lived then … */
const LIVED_FACTOR = 1.5
const LONGER_MS = 5000
/** … but not where it died so late that only a soak would show it again. */
const SOON_MS = 60_000

export interface Followed {
  readonly state: 'up' | 'dead'
  /** How long a start must stay up before it is believed, in milliseconds. */
  readonly stays: number
}

/** Whether the machine is up again in the end. @throws MachineTrouble of kind host-fault */
export async function followTrouble(session: AttemptSession, first: MachineTrouble): Promise<Followed> {
  if (first.kind === 'host-fault') throw first
  session.watched.watch.acknowledge()
  const hung = !DIED.has(first.kind)
  const stays = hung ? STAYS_MS : watchFor(session, first)
  await saveFirstSight(session, first)
  let trouble = first
  const limit = hung ? STARTS_AFTER_HANG : STARTS_AFTER_CRASH
  for (let starts = 1; starts < limit && trouble.kind !== 'stuck'; starts += 1) {
    const next = await oneMoreStart(session, trouble, stays)
    if (next === undefined) return { state: 'up', stays }
    trouble = next
  }
  return { state: 'dead', stays }
}

/** How long another start must stay up: so long that it shows whether it dies as the start before, which had settled, did. */
function watchFor({ lastStart, clock }: AttemptSession, { ordinal }: MachineTrouble): number {
  const lived =
    lastStart !== undefined && lastStart.ordinal === ordinal ? clock.now() - lastStart.at : Infinity
  return lived > SOON_MS ? STAYS_MS : lived * LIVED_FACTOR + LONGER_MS
}

/** @returns what it died of again; undefined where it settled and stayed up. @throws MachineTrouble of kind host-fault */
async function oneMoreStart(
  session: AttemptSession,
  trouble: MachineTrouble,
  stays: number,
): Promise<MachineTrouble | undefined> {
  const { watch } = session.watched
  const limit = session.bootDeadlineMs()
  try {
    await inPhase(session, session.candidateIn ? 'restart' : 'boot', limit * 2 + 300_000, async () => {
      const cause = await nextStart(session, trouble)
      await awaitBoot(session, cause, session.context(limit))
      const again = await watch.waitForTrouble(stays, session.setup.signal)
      if (again !== undefined) throw again
    })
    return undefined
  } catch (error) {
    if (!(error instanceof MachineTrouble) || error.kind === 'host-fault') throw error
    watch.acknowledge()
    return error
  }
}

/** Waits for the start that the machine makes by itself, or makes one. */
async function nextStart(session: AttemptSession, trouble: MachineTrouble): Promise<FactOf<'boot'>['cause']> {
  const { watch } = session.watched
  if (trouble.kind === 'reset') return 'unexpected-reset'
  if (trouble.kind === 'crash') {
    const ordinal = trouble.ordinal ?? watch.start.ordinal
    const wait = session.scaled(SELF_RESTART_MS)
    if (await watch.waitForStartAfter(ordinal, wait, session.setup.signal)) return 'unexpected-reset'
    if (watch.trouble?.kind === 'host-fault') throw watch.trouble
  }
  // A system that still answers has something to write to its disk.
  if (trouble.kind === 'restart-ignored') await switchOff(session)
  else {
    await session.unlink()
    await powerOff(session)
  }
  await startMachine(session)
  return 'start'
}

/** Screen and serial line as they are now, and the fact of a guest that fell silent in the middle of a phase. */
async function saveFirstSight(session: AttemptSession, trouble: MachineTrouble): Promise<void> {
  const { watch, crashes } = session.watched
  const { log } = session.setup
  await watch.flush()
  const { ordinal, milestone } = watch.start
  const screen = await crashes.captureScreen(`${trouble.kind}-${ordinal}`)
  const serial = await crashes.saveSerial(`${trouble.kind}-${ordinal}`)
  if (trouble.kind !== 'agent-lost') return
  await crashes.lookAtSerial(ordinal, milestone)
  await log.observe(
    'watch',
    {
      kind: 'hang',
      mechanism: 'idle-silent',
      detail: oneLine(trouble.message, 1900),
      milestone,
      bootOrdinal: ordinal,
    },
    [screen, serial].filter((id) => id !== undefined),
  )
}
