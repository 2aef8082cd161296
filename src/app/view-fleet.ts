/** `ringzero fleet`: what the database knows of workers and runs, as one document. */
import type { FleetDocument } from '../fleet/fleet-document.ts'
import { withFleet } from './open-fleet.ts'

/** @throws AppError DATABASE_* */
export async function viewFleet(url: string): Promise<FleetDocument> {
  return await withFleet(url, async ({ registry, leases }) => {
    const [workers, runs, taken, contenders] = await Promise.all([
      registry.workers(),
      registry.runs(),
      leases.taken(),
      leases.contenders(),
    ])
    return {
      schema: 'ringzero/fleet/1',
      workers: workers.map((worker) => ({
        name: worker.name,
        version: worker.toolVersion,
        state: worker.stopped ? 'stopped' : worker.silentMs > ABSENT_MS ? 'silent' : 'there',
        silentSeconds: Math.round(worker.silentMs / 1000),
        hosts: worker.hosts.map(({ name, provider, vcpus, memoryMiB, machines, because }) => ({
          name,
          provider,
          room: { vcpus, memoryMiB, machines },
          taken: taken
            .filter((lease) => lease.worker === worker.name && lease.host === name)
            .map(({ run, taken: share }) => ({ run, ...share })),
          ...(because === undefined ? {} : { because }),
        })),
      })),
      runs: runs.map(({ id, priority, cancelled, silentMs, progress }) => ({
        run: id,
        priority,
        state: cancelled ? 'cancelled' : silentMs > ABSENT_MS ? 'no-coordinator' : 'running',
        leases: contenders.find((entry) => entry.run === id)?.held ?? 0,
        ...(progress === undefined ? {} : { progress }),
      })),
    }
  })
}

const ABSENT_MS = 20_000
