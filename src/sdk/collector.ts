/** Code that saves evidence, also from a dead guest. Its failure is a note, never a verdict. */
import type { Fact } from '../model/observation.ts'
import type { Channel } from './channel.ts'
import type { Context } from './context.ts'
import type { GuestOs } from './guest-os.ts'
import type { Machine } from './provider.ts'

export interface EvidenceSink {
  /** Keeps bytes under a name that we chose; cut to the store's size budget. Returns the evidence id (sha256). */
  save(name: string, mediaType: string, data: Uint8Array): Promise<string>
  /** The same for a file of the host, streamed. */
  saveFile(name: string, mediaType: string, path: string): Promise<string>
}

export interface CollectTarget {
  readonly machine: Machine
  readonly os: GuestOs
  /** Present while the guest answers. */
  readonly guest?: Channel
  /** True when the machine will not be used again and may be powered off and its disk read. */
  readonly final: boolean
  /** Guest paths of the candidate's files, so that their hashes can be read offline. */
  readonly candidatePaths: readonly string[]
  /** Titles of the crashes that are already written down: the same crash read from other evidence is not reported twice. */
  readonly knownCrashes?: readonly string[]
  /** A folder on the host for files in transit; removed afterwards. */
  readonly scratch: string
}

export interface Collector {
  readonly id: string
  readonly when: 'always' | 'on-symptom'
  /** Returns facts read from the evidence (a named crash, the last events), each with its evidence ids. */
  collect(
    target: CollectTarget,
    sink: EvidenceSink,
    ctx: Context,
  ): Promise<readonly { readonly fact: Fact; readonly evidence: readonly string[] }[]>
}
