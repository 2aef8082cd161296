/** The recovery ladder: which recovery step brings a dead machine back is what the person on call needs to know. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { oneLine } from '../../../kit/text.ts'
import type { FactOf } from '../../../model/observation.ts'
import type { AttemptSession } from '../attempt-session.ts'
import { awaitBoot } from '../await-boot.ts'
import { inPhase } from '../in-phase.ts'
import { MachineTrouble } from '../machine-trouble.ts'
import { powerOff, startMachine, switchOff } from './boot.ts'

type RecoveryStep = FactOf<'recovery'>['step']

/** Kinds that are data and files, which a person would simply put back; everything else is uninstalled. */
const CONTENT_KINDS: ReadonlySet<string> = new Set(['content', 'script'])
const OFFLINE_MS = 300_000
const SAFE_REMOVE_MS = 600_000
const SHUTDOWN_MS = 60_000
/** One start that settles proves nothing of a machine that dies now and then. */
const STARTS = 3
const STAYS_MS = 3000

/**
 * Climbs until the machine settles again or no recovery step is left. @param stays how long the first start after a step must
 * stay up: as long as shows whether it dies as the machine did. @throws MachineTrouble of kind host-fault
 */
export async function recover(session: AttemptSession, stays: number): Promise<void> {
  const { machine } = session.watched
  const { installer, artifact } = session.installer()
  const offline = machine.offlineDisk !== undefined && installer.offlineUndo !== undefined
  const content = CONTENT_KINDS.has(artifact.kind)
  const steps: RecoveryStep[] = [
    ...(offline && content ? (['content-rollback'] as const) : []),
    ...(machine.safeBoot === undefined ? [] : (['safe-mode-rollback'] as const)),
    ...(offline && !content ? (['offline-uninstall'] as const) : []),
  ]
  session.expectDeaths(true)
  for (const [index, step] of steps.entries()) {
    if (await climb(session, step, stays)) return
    if (step === 'content-rollback' && index < steps.length - 1) await putPlacedBack(session)
  }
}

async function climb(session: AttemptSession, step: RecoveryStep, stays: number): Promise<boolean> {
  const limit = session.bootDeadlineMs()
  const { log } = session.setup
  const off = session.scaled(SHUTDOWN_MS)
  const whole = limit * (STARTS + 1) + off * (STARTS + 1) + stays + OFFLINE_MS + SAFE_REMOVE_MS
  let outcome: { readonly broughtBack: boolean; readonly detail: string }
  let settled = 0
  try {
    outcome = await inPhase(session, 'recover', whole, async () => {
      await session.unlink()
      await powerOff(session)
      const detail =
        step === 'safe-mode-rollback' ? await removeInSafeMode(session) : await undoOffline(session)
      for (; settled < STARTS; settled += 1) {
        if (settled > 0) await switchOff(session)
        await startMachine(session)
        await awaitBoot(session, 'recovery', session.context(limit))
        await staysUp(session, settled === 0 ? Math.max(stays, STAYS_MS) : STAYS_MS)
      }
      return { broughtBack: true, detail: `${detail}; ${STARTS} starts settled after it` }
    })
  } catch (error) {
    session.setup.signal.throwIfAborted()
    if (error instanceof MachineTrouble && error.kind === 'host-fault') throw error
    const message = error instanceof Error ? error.message : String(error)
    const detail = settled === 0 ? message : `only ${settled} of ${STARTS} starts settled: ${message}`
    outcome = { broughtBack: false, detail }
  }
  await log.observe('run', { kind: 'recovery', step, ...outcome, detail: oneLine(outcome.detail, 1900) })
  return outcome.broughtBack
}

/** A machine that dies right after it said that it is up did not come back. @throws MachineTrouble */
async function staysUp({ watched, setup }: AttemptSession, milliseconds: number): Promise<void> {
  const trouble = await watched.watch.waitForTrouble(milliseconds, setup.signal)
  if (trouble !== undefined) throw trouble
}

async function undoOffline(session: AttemptSession): Promise<string> {
  const { installer, artifact } = session.installer()
  const changes = installer.offlineUndo?.(artifact, session.undo) ?? []
  if (changes.length === 0) throw new Error('there is nothing that could be put back on the disk')
  await session.watched.machine.offlineDisk?.write(changes, session.context(OFFLINE_MS))
  return `put back offline: ${changes.map((change) => change.path).join(', ')}`
}

/**
 * After a step that took the placed files off the disk and did not help: the next step may need one of them, as the
 * candidate's own uninstaller. What cannot be put back is noted; the next step then says itself what it misses.
 */
async function putPlacedBack(session: AttemptSession): Promise<void> {
  const { artifact } = session.installer()
  const { machine } = session.watched
  try {
    await session.unlink()
    await powerOff(session)
    const changes = await Promise.all(
      (artifact.recipe.install?.place ?? []).map(async ({ file, to, mode }) => ({
        path: to,
        content: await readFile(join(artifact.folder, file)),
        mode: Number.parseInt(mode ?? '0644', 8),
      })),
    )
    await machine.offlineDisk?.write(changes, session.context(OFFLINE_MS))
  } catch (error) {
    session.setup.signal.throwIfAborted()
    if (error instanceof MachineTrouble && error.kind === 'host-fault') throw error
    const reason = oneLine(error instanceof Error ? error.message : String(error), 1900)
    await session.setup.log.observe('run', { kind: 'blind', subject: 'recovery', reason })
  }
}

/** Ends with a machine that was shut down: what was removed there is removed on its disk, too. */
async function removeInSafeMode(session: AttemptSession): Promise<string> {
  const { machine, watch } = session.watched
  const { installer, artifact } = session.installer()
  watch.beginStart()
  await machine.safeBoot?.startSafe(session.context(OFFLINE_MS))
  await awaitBoot(session, 'recovery', session.context(session.bootDeadlineMs()))
  const ctx = session.context(SAFE_REMOVE_MS)
  const removed = await watch.guard(ctx, (inner) =>
    installer.remove(artifact, session.undo, session.target(), inner),
  )
  await switchOff(session)
  if (removed.fact.outcome !== 'ok' && removed.fact.outcome !== 'reboot')
    throw new Error(`it could not be removed in safe mode: ${removed.fact.detail}`)
  return `removed in safe mode: ${removed.fact.detail}`
}
