/** The recovery ladder: which recovery step brings a dead machine back is what the person on call needs to know. */
import { oneLine } from '../../../kit/text.ts'
import type { FactOf } from '../../../model/observation.ts'
import type { AttemptSession } from '../attempt-session.ts'
import { awaitBoot, closeGuest } from '../await-boot.ts'
import { inPhase } from '../in-phase.ts'
import { MachineTrouble } from '../machine-trouble.ts'
import { powerOff, startMachine } from './boot.ts'

type RecoveryStep = FactOf<'recovery'>['step']

/** Kinds that are data and files, which a person would simply put back; everything else is uninstalled. */
const CONTENT_KINDS: ReadonlySet<string> = new Set(['content', 'script'])
const OFFLINE_MS = 300_000
const SAFE_REMOVE_MS = 600_000

/** Climbs until the machine settles again or no recovery step is left. @throws MachineTrouble of kind host-fault */
export async function recover(session: AttemptSession): Promise<void> {
  const { machine } = session.watched
  const { installer, artifact } = session.installer()
  const offline = machine.offlineDisk !== undefined && installer.offlineUndo !== undefined
  const content = CONTENT_KINDS.has(artifact.kind)
  const steps: RecoveryStep[] = [
    ...(offline && content ? (['content-rollback'] as const) : []),
    ...(machine.safeBoot === undefined ? [] : (['safe-mode-rollback'] as const)),
    ...(offline && !content ? (['offline-uninstall'] as const) : []),
  ]
  session.inRecovery = true
  for (const step of steps) {
    if (await climb(session, step)) return
  }
}

async function climb(session: AttemptSession, step: RecoveryStep): Promise<boolean> {
  const limit = session.bootDeadlineMs()
  const { log } = session.setup
  let outcome: { readonly broughtBack: boolean; readonly detail: string }
  try {
    outcome = await inPhase(session, 'recover', limit * 2 + OFFLINE_MS + SAFE_REMOVE_MS, async () => {
      await closeGuest(session)
      await powerOff(session)
      const detail =
        step === 'safe-mode-rollback' ? await removeInSafeMode(session) : await undoOffline(session)
      await startMachine(session)
      await awaitBoot(session, 'recovery', session.context(limit))
      return { broughtBack: true, detail }
    })
  } catch (error) {
    session.setup.signal.throwIfAborted()
    if (error instanceof MachineTrouble && error.kind === 'host-fault') throw error
    outcome = { broughtBack: false, detail: error instanceof Error ? error.message : String(error) }
  }
  await log.observe('run', { kind: 'recovery', step, ...outcome, detail: oneLine(outcome.detail, 1900) })
  return outcome.broughtBack
}

async function undoOffline(session: AttemptSession): Promise<string> {
  const { installer, artifact } = session.installer()
  const changes = installer.offlineUndo?.(artifact, session.undo ?? {}) ?? []
  if (changes.length === 0) throw new Error('there is nothing that could be put back on the disk')
  await session.watched.machine.offlineDisk?.write(changes, session.context(OFFLINE_MS))
  return `put back offline: ${changes.map((change) => change.path).join(', ')}`
}

async function removeInSafeMode(session: AttemptSession): Promise<string> {
  const { machine, watch } = session.watched
  const { installer, artifact } = session.installer()
  watch.beginStart()
  await machine.safeBoot?.startSafe(session.context(OFFLINE_MS))
  await awaitBoot(session, 'recovery', session.context(session.bootDeadlineMs()))
  const ctx = session.context(SAFE_REMOVE_MS)
  const removed = await watch.guard(ctx, (inner) =>
    installer.remove(artifact, session.undo ?? {}, session.target(), inner),
  )
  await closeGuest(session)
  await powerOff(session)
  if (removed.fact.outcome !== 'ok' && removed.fact.outcome !== 'reboot')
    throw new Error(`it could not be removed in safe mode: ${removed.fact.detail}`)
  return `removed in safe mode: ${removed.fact.detail}`
}
