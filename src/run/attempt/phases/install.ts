/** Puts the candidate into the running guest and proves that it is there. */
import { DeadlineError } from '../../../kit/deadline.ts'
import { oneLine } from '../../../kit/text.ts'
import { AppError } from '../../../model/errors.ts'
import type { Context } from '../../../sdk/context.ts'
import type { Installer } from '../../../sdk/installer.ts'
import type { AttemptSession } from '../attempt-session.ts'
import { awaitBoot } from '../await-boot.ts'
import { MachineTrouble } from '../machine-trouble.ts'
import { inPhase } from '../in-phase.ts'
import { guestCall } from './guest-call.ts'
import { confirmUp } from './confirm-up.ts'

const INSTALL_MS = 900_000
const SHUTDOWN_MS = 60_000
const RESTART_ALLOWED: ReadonlySet<string> = new Set(['always', 'detect'])

/** @throws MachineTrouble; AppError fault 'user' when no installer knows the kind */
export async function install(session: AttemptSession): Promise<void> {
  const { artifact } = session.installer()
  await inPhase(session, 'install', session.scaled(INSTALL_MS), async (ctx) => {
    session.candidateArrives()
    let restartDue = false
    try {
      const applied = await applyThroughRestart(session, ctx)
      session.rememberUndo(applied.undo)
      restartDue = applied.restartDue
      await session.setup.log.observe(`installer:${artifact.kind}`, applied.fact)
    } catch (error) {
      await installFailed(session, 'apply', error, ctx)
    }
    // What waits for a restart is not there yet, and that is no fault of it: it is proven after the restart, or never a pass.
    if (!restartDue) await proveInstalled(session, ctx)
  })
}

type Applied = Awaited<ReturnType<Installer['apply']>>

/** One restart by the installer itself is no symptom where its recipe allows one: the installation goes on after it. */
async function applyThroughRestart(session: AttemptSession, ctx: Context): Promise<Applied> {
  const { installer, artifact } = session.installer()
  const { watch } = session.watched
  const before = watch.start.ordinal
  try {
    return await guestCall(session, ctx, (target, inner) => installer.apply(artifact, target, inner))
  } catch (error) {
    const allowed = RESTART_ALLOWED.has(artifact.recipe.install?.reboot ?? 'never')
    if (!(error instanceof MachineTrouble) || !allowed || installer.resume === undefined) throw error
    if (!(await restartsItself(session, error, before))) throw error
    watch.acknowledge()
    await awaitBoot(session, 'asked-restart', session.context(session.bootDeadlineMs(), ctx.signal))
    return await guestCall(
      session,
      ctx,
      async (target, inner) => (await installer.resume?.(artifact, session.undo, target, inner)) as Applied,
    )
  }
}

/** The link may break long before the host sees the restart: services are given time to stop. */
async function restartsItself(
  session: AttemptSession,
  trouble: MachineTrouble,
  before: number,
): Promise<boolean> {
  if (trouble.kind === 'reset') return true
  if (trouble.kind !== 'agent-lost') return false
  const { watch } = session.watched
  const began = await watch.waitForStartAfter(before, session.scaled(SHUTDOWN_MS), session.setup.signal)
  return began && (watch.trouble === undefined || watch.trouble.kind === 'reset')
}

/** An installation or removal that broke while the guest goes on is a fact about the candidate. @throws what is not that */
export async function installFailed(
  session: AttemptSession,
  step: 'apply' | 'remove',
  error: unknown,
  ctx: Context,
): Promise<void> {
  ctx.signal.throwIfAborted()
  const late = error instanceof DeadlineError
  if (!late && !isGuestRefusal(error)) throw error
  await confirmUp(session, ctx)
  const detail = late ? 'it did not finish in time, while the guest still answered' : error.message
  await session.setup.log.observe(`installer:${session.installer().artifact.kind}`, {
    kind: 'install',
    step,
    outcome: 'failed',
    detail: oneLine(detail, 3900),
  })
}

function isGuestRefusal(error: unknown): error is AppError {
  return error instanceof AppError && error.code.startsWith('GUEST_')
}

/** Is it really there, and does it live when it is used? @throws MachineTrouble */
export async function proveInstalled(session: AttemptSession, ctx: Context): Promise<void> {
  const { installer, artifact } = session.installer()
  const { log } = session.setup
  const source = `installer:${artifact.kind}`
  const looked = async (): Promise<void> => {
    const facts = await guestCall(session, ctx, (target, inner) => installer.verify(artifact, target, inner))
    await Promise.all(facts.map((fact) => log.observe(source, fact)))
  }
  await looked().catch(async (error: unknown) => {
    if (!isGuestRefusal(error)) throw error
    await log.observe('run', { kind: 'blind', subject: source, reason: oneLine(error.message, 1900) })
  })
  const stimuli = artifact.recipe.stimuli ?? []
  if (stimuli.length === 0 || installer.stimulate === undefined) return
  const answers = await guestCall(session, ctx, async (target, inner) =>
    installer.stimulate?.(stimuli, target, inner),
  )
  await Promise.all((answers ?? []).map((fact) => log.observe(source, fact)))
}
