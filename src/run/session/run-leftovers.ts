/** What the process before this one left: attempts without an end, and machines. */
import { rm } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { oneLine } from '../../kit/text.ts'
import { attemptId } from '../../model/attempt-id.ts'
import { AppError } from '../../model/errors.ts'
import type { MachineRef } from '../../model/machine-ref.ts'
import type { RunState } from '../../model/run-state.ts'
import type { Context } from '../../sdk/context.ts'
import type { Journal } from '../../record/journal.ts'
import type { RunParts } from '../run-parts.ts'

const DESTROY_MS = 180_000

/** Ends every attempt that has no end, but those that go on: it is run again under the next number. */
export async function closeInterrupted(
  state: RunState,
  journal: Journal,
  parts: Pick<RunParts, 'clock'>,
  goingOn: ReadonlySet<string> = new Set(),
): Promise<void> {
  for (const { cell, arm, attempt, end } of state.attempts)
    if (end === undefined && !goingOn.has(attemptId({ cell, arm, attempt })))
      await journal.append({
        type: 'attempt-closed',
        at: parts.clock.now(),
        cell,
        arm,
        attempt,
        end: 'interrupted',
      })
}

/**
 * Destroys every machine of this run that still exists, except those that were kept on purpose.
 * @throws AppError HOST_LEFTOVER (host) when one cannot be destroyed: going on beside it could invalidate results
 */
export async function destroyLeftovers(
  state: RunState,
  journal: Journal,
  parts: RunParts,
  run: string,
): Promise<void> {
  const refs = new Map(state.machines)
  for (const { host, provider } of parts.hosts) {
    const found = await provider.listMachines(run, destroyContext(parts)).catch((error: unknown) => {
      parts.log.log('warn', `cannot list the machines of host ${host.name}`, { reason: String(error) })
      return []
    })
    for (const ref of found) if (!state.kept.has(ref.name)) refs.set(ref.name, ref)
  }
  for (const ref of refs.values()) {
    await destroyLeftover(ref, parts)
    await journal.append({
      type: 'machine-destroyed',
      at: parts.clock.now(),
      cell: ref.cell,
      arm: ref.arm,
      attempt: ref.attempt,
      name: ref.name,
    })
  }
}

/** Destroys the machine behind a ref, if there still is one and its provider can prove that it is ours; and its working files. */
export async function destroyLeftover(
  ref: MachineRef,
  parts: Pick<RunParts, 'hosts' | 'clock' | 'log' | 'storeFolder'>,
): Promise<void> {
  const host = parts.hosts.find((entry) => entry.host.name === ref.host)
  if (host === undefined)
    throw new AppError(
      'HOST_LEFTOVER',
      'host',
      `machine ${ref.name} is on host "${ref.host}", which the lab no longer has`,
      {
        hint: 'put the host back into lab.yaml, or remove the machine by hand',
      },
    )
  try {
    const machine = await host.provider.adopt(ref, destroyContext(parts))
    await machine?.destroy(destroyContext(parts))
  } catch (error) {
    throw new AppError(
      'HOST_LEFTOVER',
      'host',
      `machine ${ref.name} could not be destroyed: ${oneLine(String(error))}`,
      {
        hint: 'fix the host, then run `ringzero sweep`',
        cause: error,
      },
    )
  }
  // A kill between the folder and the machine leaves a folder that no provider knows. The name is ours, never a path.
  if (basename(ref.name) === ref.name && ref.name.startsWith('rz-'))
    await rm(join(parts.storeFolder, 'machines', ref.name), { recursive: true, force: true })
}

function destroyContext(parts: Pick<RunParts, 'clock' | 'log'>): Context {
  return {
    signal: new AbortController().signal,
    deadline: parts.clock.now() + DESTROY_MS,
    log: parts.log,
    clock: parts.clock,
  }
}
