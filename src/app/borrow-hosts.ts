/** A run whose machines are made by workers: the coordinator and what the workers must know of the run. */
import { join } from 'node:path'
import { sha256File } from '../kit/hash.ts'
import { CANDIDATE_FILE } from '../fleet/candidate-files.ts'
import { Coordinator } from '../fleet/coordinator.ts'
import type { Plan } from '../model/plan.ts'
import type { RemoteLab } from '../run/session/remote-lab.ts'
import type { Logger } from '../sdk/context.ts'
import { openFleet } from './open-fleet.ts'
import type { PlanInputs } from './plan-files.ts'
import { toolVersion } from './tool-version.ts'

export interface WorkersChoice {
  readonly url: string
  /** Runs with a larger one go first. */
  readonly priority: number
  /** A worker that is silent for longer is lost. */
  readonly silenceSeconds: number
  /** A cell that no worker can take for so long is given up. */
  readonly waitMinutes: number
}

/** @throws AppError DATABASE_* */
export async function borrowHosts(
  room: PlanInputs,
  plan: Plan,
  choice: WorkersChoice,
  log: Logger,
): Promise<{ readonly remote: RemoteLab; readonly close: () => Promise<void> }> {
  const { opened, candidate, request } = room
  if (opened === undefined || candidate === undefined) throw new Error('a run needs a lab and a candidate')
  const { folder, sha256, ...definition } = candidate
  const fleet = await openFleet(choice.url)
  const { database, leases, registry } = fleet
  const providers = new Set(plan.cells.map((cell) => cell.provider))
  const remote = new Coordinator({
    database,
    leases,
    registry,
    plan,
    document: {
      plan: { ...plan, cells: [], stages: [], infeasible: [], warnings: [] },
      matrix: request.loaded.matrix,
      matrixSha256: request.loaded.sha256,
      candidate: definition,
      candidateSha256: sha256,
      candidateYamlSha256: await sha256File(join(folder, CANDIDATE_FILE)),
      toolVersion: toolVersion(),
    },
    candidateFolder: folder,
    priority: choice.priority,
    silenceSeconds: choice.silenceSeconds,
    waitMs: choice.waitMinutes * 60_000,
    simulated: opened.hosts.some(
      ({ provider }) => provider.capabilities.simulated && providers.has(provider.name),
    ),
    warn: (message) => log.log('warn', message),
  })
  return { remote, close: () => fleet.close() }
}
