/** Removes machines that a killed ringzero left on the hosts of a lab: only what is provably ours, and only when its run is not alive. */
import { oneLine } from '../kit/text.ts'
import { LAYER_RUN } from '../lab/install-layer.ts'
import { layerBuilder } from '../lab/layer-builder.ts'
import { PROBE_RUN, reasonToLeaveProbe } from '../lab/probe-lock.ts'
import type { MachineRef } from '../model/machine-ref.ts'
import { runActivity } from '../record/run-lock.ts'
import type { RunParts } from '../run/run-parts.ts'
import { readRunState } from '../record/read-run-state.ts'
import { destroyLeftover } from '../run/session/run-leftovers.ts'

export interface SweepResult {
  readonly removed: readonly MachineRef[]
  /** Left alone, with the reason. */
  readonly left: readonly { readonly ref: MachineRef; readonly because: string }[]
  /** Should have been removed and could not be; or a host that could not be asked (then without a ref). */
  readonly failed: readonly { readonly name: string; readonly because: string }[]
}

const LIST_MS = 120_000

/** Never throws for one machine or host: the others are swept all the same. */
export async function sweepOrphans(
  parts: Pick<RunParts, 'hosts' | 'clock' | 'log' | 'storeFolder'>,
  signal: AbortSignal,
): Promise<SweepResult> {
  const removed: MachineRef[] = []
  const left: { ref: MachineRef; because: string }[] = []
  const failed: { name: string; because: string }[] = []
  for (const { host, provider } of parts.hosts) {
    const { clock, log } = parts
    try {
      const ctx = { signal, deadline: clock.now() + LIST_MS, log, clock }
      for (const ref of await provider.listMachines('any', ctx)) {
        const because = await reasonToLeave(ref, parts.storeFolder)
        if (because !== undefined) left.push({ ref, because })
        else
          await destroyLeftover(ref, parts).then(
            () => removed.push(ref),
            (error: unknown) => failed.push({ name: ref.name, because: oneLine(String(error)) }),
          )
      }
    } catch (error) {
      signal.throwIfAborted()
      failed.push({ name: `host ${host.name}`, because: oneLine(String(error)) })
    }
  }
  return { removed, left, failed }
}

async function reasonToLeave(ref: MachineRef, storeFolder: string): Promise<string | undefined> {
  if (ref.run === PROBE_RUN) return await reasonToLeaveProbe(ref, storeFolder)
  if (ref.run === LAYER_RUN) return await reasonToLeaveLayer(ref, storeFolder)
  const { state, folder } = await runActivity(storeFolder, ref.run)
  if (state === 'alive') return `run ${ref.run} is at work`
  if (state === 'unknown' || folder === undefined) return `run ${ref.run} did not begin in this store`
  const kept = await readRunState(folder, { details: false }).then(
    (run) => run.kept.has(ref.name),
    () => false,
  )
  return kept ? 'it was kept on purpose (--keep-failed)' : undefined
}

/** Machines that build layers and checkpoints belong to no run: who holds the item's lock says whether anybody still builds it. */
async function reasonToLeaveLayer(ref: MachineRef, storeFolder: string): Promise<string | undefined> {
  const builder = await layerBuilder(storeFolder, ref.cell)
  if (builder === 'dead') return undefined
  return builder === 'alive'
    ? 'a layer or checkpoint is being built on it'
    : 'no layer or checkpoint of this store is built on it'
}
