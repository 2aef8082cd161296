/** Makes the machine of an attempt. It is named in the journal before it exists, so that a kill leaks nothing unnamed. */
import { mkdirSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { DeadlineError } from '../../../kit/deadline.ts'
import { AppError } from '../../../model/errors.ts'
import type { MachineRef } from '../../../model/machine-ref.ts'
import type { Context } from '../../../sdk/context.ts'
import type { Machine, MachineSpec } from '../../../sdk/provider.ts'
import type { AttemptSession } from '../attempt-session.ts'
import { checkpointFault } from '../checkpoint-fault.ts'
import { CrashReporter } from '../crash-reporter.ts'
import { inPhase } from '../in-phase.ts'
import { MachineWatch } from '../watch.ts'

/** A cell that is the first of its products builds their layer, which boots a machine or two of its own. */
const PROVISION_MS = 1_800_000

/** @throws AppError fault 'host' when the host cannot make it; then nothing is left behind */
export async function provision(session: AttemptSession): Promise<void> {
  let late = 'the disk of this cell was not ready in time'
  try {
    await inPhase(session, 'provision', PROVISION_MS, async (ctx) => {
      const disk = await diskOf(session, ctx).catch((error: unknown) =>
        Promise.reject(asHostFault(error, late)),
      )
      session.startsFrom(disk.source)
      late = 'the host did not make the machine in time'
      await createMachine(session, disk, ctx)
    })
  } catch (error) {
    session.setup.signal.throwIfAborted()
    // On some hosts a machine is restored when it is made. And the phase's own deadline is the host's, too.
    throw await checkpointFault(session, asHostFault(error, late))
  }
}

/** What the machine starts or goes on from. @throws AppError, what the builders of layers and checkpoints throw */
async function diskOf(
  session: AttemptSession,
  ctx: Context,
): Promise<Pick<MachineSpec, 'source' | 'savedState'>> {
  const { assignment, parts, host, secret } = session.setup
  const { cell } = assignment
  if (cell.start?.from !== 'checkpoint')
    return { source: await parts.sourceFor(cell, host.host.name, ctx, secret) }
  if (parts.checkpointFor === undefined)
    throw new AppError('BUG_CHECKPOINT', 'tool', 'this lab cannot make the checkpoint that the plan asks for')
  const checkpoint = await parts.checkpointFor(cell, host.host.name, ctx, secret)
  session.goesOnFrom(checkpoint)
  const { source, savedState } = checkpoint
  return { source, savedState }
}

async function createMachine(
  session: AttemptSession,
  disk: Pick<MachineSpec, 'source' | 'savedState'>,
  ctx: Context,
): Promise<void> {
  const { log, parts } = session.setup
  // Given up meanwhile: what was to be undone is undone already, and no later step would destroy this machine.
  ctx.signal.throwIfAborted()
  const ref = machineRef(session)
  const making = makeMachine(session, ref, disk, ctx)
  // Before anything is awaited: a phase that is given up does not wait for the host, which may still finish what it began.
  session.setup.cleanup.push(`machine ${ref.name}`, (inner) => putAway(session, ref.name, making, inner))
  try {
    const machine = await making
    ctx.signal.throwIfAborted()
    await log.machineCreated(machine.ref)
    const observe = (
      fact: Parameters<typeof log.observe>[1],
      evidence: readonly string[] = [],
    ): Promise<void> => log.observe('watch', fact, evidence)
    const crashes = new CrashReporter({
      machine,
      os: session.setup.os,
      clock: session.clock,
      log: parts.log,
      sink: session.setup.evidence,
      observe,
      expected: () => session.expectsDeaths,
    })
    session.attach({
      machine,
      crashes,
      watch: new MachineWatch({ machine, clock: session.clock, crashes, observe }),
    })
  } catch (error) {
    throw asHostFault(error, 'the host did not make the machine in time')
  }
}

/** The machine, announced before it can exist. @throws after which neither it nor its folder is there, what the host throws */
async function makeMachine(
  session: AttemptSession,
  ref: MachineRef,
  disk: Pick<MachineSpec, 'source' | 'savedState'>,
  ctx: Context,
): Promise<Machine> {
  const { assignment, host, log, parts } = session.setup
  const { cell } = assignment
  const folder = join(parts.storeFolder, 'machines', ref.name)
  // A simulated machine starts from no image.
  const { simulated } = host.provider.capabilities
  await log.machineAnnounced(ref, simulated ? undefined : await parts.imageContent(cell.image))
  try {
    // Not before it was announced: a folder that only its killed process knew of would stay for ever.
    // A simulated machine is its record and has no files.
    if (!simulated) mkdirSync(folder, { recursive: true })
    ctx.signal.throwIfAborted()
    return await host.provider.create(
      {
        ref,
        ...disk,
        folder,
        profile: cell.machine,
        allowNetwork: host.host.allowNetwork ?? false,
        configuration: cell.configuration,
        products: cell.products,
      },
      ctx,
    )
  } catch (error) {
    // create rejects only when nothing is left behind, so the name can be forgotten.
    await rm(folder, { recursive: true, force: true })
    await log.machineGone('machine-destroyed', ref.name)
    throw error
  }
}

/** Destroys the machine, or keeps it where that was asked; a machine that was never made needs nothing. */
async function putAway(
  session: AttemptSession,
  name: string,
  making: Promise<Machine>,
  ctx: Context,
): Promise<void> {
  const { keepFailed, log, signal } = session.setup
  const machine = await making.catch(() => undefined)
  if (machine === undefined) return
  if (keepFailed && log.symptomatic && !signal.aborted) {
    await log.machineGone('machine-kept', name)
    return
  }
  await machine.destroy(ctx)
  await log.machineGone('machine-destroyed', name)
}

function machineRef(session: AttemptSession): MachineRef {
  const { assignment, run, host } = session.setup
  const { cell, arm, attempt } = assignment
  return {
    provider: host.provider.name,
    host: host.host.name,
    run,
    cell: cell.id,
    arm,
    attempt,
    name: `rz-${run}-${cell.id}-${arm === 'control' ? 'k' : 'c'}${attempt}`,
    details: {},
  }
}

function asHostFault(error: unknown, late: string): unknown {
  if (error instanceof DeadlineError) return new AppError('HOST_DEADLINE', 'host', late, { cause: error })
  const { code, message } = error as NodeJS.ErrnoException
  if (code === 'ENOSPC' || code === 'EDQUOT' || code === 'EMFILE' || code === 'ENFILE' || code === 'ENOMEM')
    return new AppError('HOST_RESOURCES', 'host', message, {
      hint: 'free space or memory on the host, then run `ringzero resume`',
      cause: error,
    })
  return error
}
