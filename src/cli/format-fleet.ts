/** The fleet on the terminal. */
import type { FleetDocument } from '../fleet/fleet-document.ts'
import { formatInstant } from '../kit/clock.ts'
import { formatTable } from './table.ts'

/** Lines: workers and their hosts, then runs and why something of them waits. */
export function formatFleet({ workers, runs }: FleetDocument, width: number): readonly string[] {
  const hosts = workers.flatMap((worker) =>
    worker.hosts.map((host) => [
      `${worker.name}/${host.name}`,
      host.provider,
      `${host.taken.reduce((sum, { machines }) => sum + machines, 0)} of ${host.room.machines}`,
      `${host.taken.reduce((sum, { memoryMiB }) => sum + memoryMiB, 0)} of ${host.room.memoryMiB} MiB`,
      stateOf(worker, host.because),
    ]),
  )
  return [
    ...(hosts.length === 0
      ? ['no worker was ever started: run `ringzero worker` on a host']
      : formatTable(['host', 'provider', 'machines', 'memory', 'state'], hosts, width)),
    '',
    ...(runs.length === 0 ? ['no run is open'] : runs.flatMap(formatRun)),
  ]
}

function stateOf(
  { state, silentSeconds }: FleetDocument['workers'][number],
  because: string | undefined,
): string {
  if (state === 'silent') return `not heard of for ${silentSeconds} s`
  return because ?? state
}

function formatRun({
  run,
  priority,
  state,
  leases,
  progress,
}: FleetDocument['runs'][number]): readonly string[] {
  const waiting = progress?.waiting ?? 0
  const end =
    progress?.expectedEnd === undefined ? '' : `, expected end ${formatInstant(progress.expectedEnd)}`
  return [
    `${run}  priority ${priority}, ${state}: ${leases} on hosts, ${waiting} waiting${end}`,
    ...(progress?.reasons ?? []).map(({ because, cells }) => `  ${cells} waiting: ${because}`),
  ]
}
