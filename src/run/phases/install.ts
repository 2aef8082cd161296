/** Puts the candidate into the running guest and proves that it is there. */
import { DeadlineError } from '../../kit/deadline.ts'
import type { Context } from '../../sdk/context.ts'
import type { AttemptSession } from '../attempt-session.ts'
import { inPhase } from '../in-phase.ts'
import { guestCall } from './guest-call.ts'
import { confirmUp } from './confirm-up.ts'

const INSTALL_MS = 900_000

/** @throws MachineTrouble; AppError fault 'user' when no installer knows the kind */
export async function install(session: AttemptSession): Promise<void> {
  const { installer, artifact } = session.installer()
  await inPhase(session, 'install', session.scaled(INSTALL_MS), async (ctx) => {
    session.candidateIn = true
    try {
      const applied = await guestCall(session, ctx, (target, inner) =>
        installer.apply(artifact, target, inner),
      )
      session.undo = applied.undo
      await session.setup.log.observe(`installer:${artifact.kind}`, applied.fact)
    } catch (error) {
      if (!(error instanceof DeadlineError) || ctx.signal.aborted) throw error
      await confirmUp(session, ctx)
      await session.setup.log.observe(`installer:${artifact.kind}`, {
        kind: 'install',
        step: 'apply',
        outcome: 'failed',
        detail: 'the installer did not finish in time, while the guest still answered',
      })
    }
    await proveInstalled(session, ctx)
  })
}

/** Is it really there, and does it live when it is used? @throws MachineTrouble */
export async function proveInstalled(session: AttemptSession, ctx: Context): Promise<void> {
  const { installer, artifact } = session.installer()
  const { log } = session.setup
  const source = `installer:${artifact.kind}`
  const facts = await guestCall(session, ctx, (target, inner) => installer.verify(artifact, target, inner))
  await Promise.all(facts.map((fact) => log.observe(source, fact)))
  const stimuli = artifact.recipe.stimuli ?? []
  if (stimuli.length === 0 || installer.stimulate === undefined) return
  const answers = await guestCall(session, ctx, async (target, inner) =>
    installer.stimulate?.(stimuli, target, inner),
  )
  await Promise.all((answers ?? []).map((fact) => log.observe(source, fact)))
}
