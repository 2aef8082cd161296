/** `ringzero worker`: lends the hosts of a lab to the runs of a database, until it is stopped. */
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { receiveCandidate } from '../fleet/candidate-files.ts'
import { Worker, type WorkerRun } from '../fleet/worker.ts'
import { systemClock } from '../kit/clock.ts'
import { sha256 } from '../kit/hash.ts'
import { oneLine } from '../kit/text.ts'
import { AppError, asAppError } from '../model/errors.ts'
import type { Fitness, WorkerHost } from '../model/fleet.ts'
import type { PlannedCell } from '../model/plan.ts'
import { matchHost } from '../plan/feasibility.ts'
import type { HostParts } from '../run/run-parts.ts'
import { asOnlyProcess } from './only-process.ts'
import { openLab } from './open-lab.ts'
import { withFleet, type OpenFleet } from './open-fleet.ts'
import { openPlanInputs, type PlanInputs } from './plan-files.ts'
import { refuseOtherInputs } from './refuse-other-inputs.ts'
import { present } from './run-candidate.ts'
import { runPartsOfLab } from './run-parts-of-lab.ts'
import { toolVersion } from './tool-version.ts'
import { silentLogger, workingContext } from './working-context.ts'

export interface WorkRequest {
  readonly url: string
  readonly lab: string
  readonly name: string
  readonly signal: AbortSignal
  readonly say: (message: string) => void
}

const INSPECT_MS = 120_000

/** @throws AppError WORKER_LOCKED, WORKER_NAME (user); DATABASE_*; what is wrong with the lab */
export async function workForFleet({ url, lab: path, name, signal, say }: WorkRequest): Promise<void> {
  const opened = await openLab(path, workingContext(signal))
  const folder = join(opened.lab.storeFolder, 'worker')
  // One worker at a time in a store.
  const file = join(folder, 'worker.lock')
  const unlock = await asOnlyProcess(
    file,
    (pid) =>
      new AppError('WORKER_LOCKED', 'user', `another worker (${pid}) uses the store of this lab`, {
        where: { file },
        hint: 'stop it first, or give each worker a lab with a store of its own',
      }),
  )
  try {
    await withFleet(url, async (fleet) => {
      const log = { log: (level: string, message: string) => (level === 'warn' ? say(message) : undefined) }
      const worker = new Worker({
        name,
        toolVersion: toolVersion(),
        leases: fleet.leases,
        registry: fleet.registry,
        hosts: () => Promise.all(opened.hosts.map((parts) => inspect(parts, signal))),
        openRun: (run) => openRun(fleet, path, run, join(folder, 'candidates'), signal),
        parts: { hosts: opened.hosts, clock: systemClock, log, storeFolder: opened.lab.storeFolder },
        folder: join(folder, 'attempts'),
        signal,
        say,
      })
      await worker.work()
    })
  } finally {
    await unlock()
  }
}

async function inspect({ host, provider }: HostParts, signal: AbortSignal): Promise<WorkerHost> {
  const base = {
    name: host.name,
    provider: host.provider,
    ...host.capacity,
    simulated: provider.capabilities.simulated,
  }
  try {
    const deadline = systemClock.now() + INSPECT_MS
    const found = await provider.inspectHost({ signal, deadline, log: silentLogger, clock: systemClock })
    const missing = found.findings.find((finding) => finding.required && finding.state === 'missing')
    const facts = JSON.parse(JSON.stringify(found.facts)) as WorkerHost['facts']
    return { ...base, facts, ...(missing === undefined ? {} : { because: oneLine(missing.message, 900) }) }
  } catch (error) {
    signal.throwIfAborted()
    return { ...base, facts: {}, because: oneLine(asAppError(error).message, 900) }
  }
}

/** @throws AppError HOST_RUN_GONE, HOST_CANDIDATE (host); what is wrong with lab, candidate or matrix here */
async function openRun(
  { database, registry }: OpenFleet,
  lab: string,
  run: string,
  candidates: string,
  signal: AbortSignal,
): Promise<WorkerRun> {
  const document = await registry.document(run)
  if (document === undefined)
    throw new AppError('HOST_RUN_GONE', 'host', `the run ${run} is not in the database any more`)
  const folder = join(candidates, sha256(`${run} ${document.candidateSha256}`).slice(0, 16))
  await receiveCandidate(database, run, folder, document).catch(async (error: unknown) => {
    await rm(folder, { recursive: true, force: true })
    throw error
  })
  const { plan, matrix, matrixSha256 } = document
  const loaded = { matrix, file: `matrix of run ${run}`, sha256: matrixSha256 }
  const room = await openPlanInputs(
    { matrix: '', lab, candidate: folder, seed: plan.seed, effort: 0, isolate: plan.settings.isolate },
    workingContext(signal),
    loaded,
  )
  const { opened, candidate } = present(room)
  const { parts } = runPartsOfLab(opened, candidate, silentLogger)
  const versions = { plannedBy: document.toolVersion, here: toolVersion() }
  return {
    plan,
    parts,
    async fitness(cell) {
      await refuseOtherInputs(plan, [cell], room, versions)
      const imageSha256 = await parts.imageContent(cell.image)
      return {
        reasons: await reasonsOf(room, cell),
        ...(imageSha256 === undefined ? {} : { imageSha256 }),
      }
    },
  }
}

async function reasonsOf({ request }: PlanInputs, cell: PlannedCell): Promise<Fitness['reasons']> {
  const reasons: Record<string, string[]> = {}
  for (const offer of request.offers) {
    const match = await matchHost(cell, [offer])
    const against = 'host' in match ? [] : match.reasons.map((reason) => oneLine(reason, 900))
    if (offer.provider !== cell.provider)
      against.push(`its provider is ${offer.provider}, the cell needs ${cell.provider}`)
    reasons[offer.name] = against.slice(0, 20)
  }
  return reasons
}
