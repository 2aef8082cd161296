/** One probe of a store at a time; its machines are told from those of other stores by their folder. */
import { readFile } from 'node:fs/promises'
import { join, sep } from 'node:path'
import { ownerAlive } from '../kit/owned-file.ts'
import type { MachineRef } from '../model/machine-ref.ts'

/** Marks machines of a probe, so that a sweep knows them. */
export const PROBE_RUN = 'probe'

/** The lock file that a probe of this store holds. */
export function probeLock(store: string): string {
  return join(store, 'locks', 'probe')
}

/** Below it are the folders of its machines. */
export function probeFolder(store: string): string {
  return join(store, 'probe')
}

/** Why a sweep leaves a probe's machine alone; undefined where a kill left it. */
export async function reasonToLeaveProbe(ref: MachineRef, store: string): Promise<string | undefined> {
  const { folder } = ref.details
  if (typeof folder !== 'string' || !folder.startsWith(probeFolder(store) + sep))
    return 'a probe of another store made it'
  const text = await readFile(probeLock(store), 'utf8').catch(() => '')
  return (await ownerAlive(text)) ? 'a probe is at work' : undefined
}
