/** Makes the machine of an attempt. It is named in the journal before it exists, so that a kill leaks nothing unnamed. */
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { DeadlineError } from '../../kit/deadline.ts'
import { AppError } from '../../model/errors.ts'
import type { MachineRef } from '../../model/machine-ref.ts'
import type { BootSource } from '../../sdk/provider.ts'
import type { AttemptSession } from '../attempt-session.ts'
import { CrashReporter } from '../crash-reporter.ts'
import { inPhase } from '../in-phase.ts'
import { MachineWatch } from '../watch.ts'

/** A cell that is the first of its products builds their layer, which boots a machine or two of its own. */
const PROVISION_MS = 1_800_000

/** @throws AppError fault 'host' when the host cannot make it; then nothing is left behind */
export async function provision(session: AttemptSession): Promise<void> {
  const { assignment, parts, host } = session.setup
  await inPhase(session, 'provision', PROVISION_MS, async (ctx) => {
    const source = await parts
      .sourceFor(assignment.cell, host.host.name, ctx)
      .catch((error: unknown) =>
        Promise.reject(asHostFault(error, 'the disk of this cell was not ready in time')),
      )
    await createMachine(session, source, ctx)
  })
}

async function createMachine(
  session: AttemptSession,
  source: BootSource,
  ctx: Parameters<AttemptSession['setup']['host']['provider']['create']>[1],
): Promise<void> {
  const { assignment, host, log, parts } = session.setup
  const { cell } = assignment
  const ref = machineRef(session)
  const folder = join(parts.storeFolder, 'machines', ref.name)
  await mkdir(folder, { recursive: true })
  await log.machine('machine-announced', ref)
  let created = false
  try {
    const machine = await host.provider.create(
      {
        ref,
        source,
        folder,
        profile: cell.machine,
        allowNetwork: host.host.allowNetwork ?? false,
        configuration: cell.configuration,
        products: cell.products,
      },
      ctx,
    )
    created = true
    session.setup.cleanup.push(`machine ${ref.name}`, async (inner) => {
      if (session.setup.keepFailed && log.symptomatic && !session.setup.signal.aborted) {
        await log.machineGone('machine-kept', ref.name)
        return
      }
      await machine.destroy(inner)
      await log.machineGone('machine-destroyed', ref.name)
    })
    await log.machine('machine-created', machine.ref)
    const observe = (
      fact: Parameters<typeof log.observe>[1],
      evidence: readonly string[] = [],
    ): Promise<void> => log.observe('watch', fact, evidence)
    const crashes = new CrashReporter({
      machine,
      dialect: session.setup.dialect,
      clock: session.clock,
      log: parts.log,
      sink: session.setup.evidence,
      observe,
      expected: () => session.inRecovery,
    })
    session.attach({
      machine,
      crashes,
      watch: new MachineWatch({ machine, clock: session.clock, crashes, observe }),
    })
  } catch (error) {
    // create rejects only when nothing is left behind, so the name can be forgotten.
    if (!created) await log.machineGone('machine-destroyed', ref.name)
    throw asHostFault(error, 'the host did not make the machine in time')
  }
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
