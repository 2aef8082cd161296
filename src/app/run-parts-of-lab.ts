/** The wiring: an opened lab and a candidate as the parts that a run takes. */
import { artifactOf } from '../inputs/package/artifact-of.ts'
import { systemClock, type Clock } from '../kit/clock.ts'
import type { LoadedCandidate } from '../model/candidate.ts'
import type { RunParts } from '../run/run-parts.ts'
import type { Logger } from '../sdk/context.ts'
import { cellCheckpoints } from './cell-checkpoints.ts'
import { cellSources } from './cell-sources.ts'
import type { OpenLab } from './open-lab.ts'
import { readableSecrets } from '../inputs/secrets.ts'
import { toolVersion } from './tool-version.ts'

/** Parts of a run on this lab. `release` must be called when the run is over: it unpins images, layers and checkpoints. */
export function runPartsOfLab(
  opened: OpenLab,
  candidate: LoadedCandidate,
  log: Logger,
): { readonly parts: RunParts; readonly release: () => Promise<void> } {
  const sources = cellSources(opened)
  const checkpoints = cellCheckpoints(opened, sources.sourceFor)
  return {
    parts: {
      toolVersion: toolVersion(),
      hosts: opened.hosts,
      checks: opened.plugins.checks,
      collectors: opened.plugins.collectors,
      candidate,
      artifactFor: (os) => artifactOf(candidate, os),
      products: opened.products,
      sourceFor: sources.sourceFor,
      checkpointFor: checkpoints.checkpointFor,
      checkpoints: checkpoints.contents,
      imageContent: (image) => sources.imageContent(image),
      secret: opened.secret,
      readableSecrets: () => readableSecrets(opened.lab.secrets ?? [], opened.secret),
      storeFolder: opened.lab.storeFolder,
      clock: clockOf(opened),
      log,
    },
    release: async () => {
      await checkpoints.release()
      await sources.release()
    },
  }
}

/** The time of the machines: the system's as soon as one host has no clock of its own. */
function clockOf({ hosts }: OpenLab): Clock {
  const clocks = hosts.map(({ provider }) => provider.clock)
  return clocks.includes(undefined) ? systemClock : (clocks[0] ?? systemClock)
}
