/** The fleet as programs and people see it. */
import type { RunProgress } from '../model/fleet.ts'
import type { HostRoom } from './admission.ts'

export interface FleetDocument {
  readonly schema: 'ringzero/fleet/1'
  readonly workers: readonly {
    readonly name: string
    readonly version: string
    readonly state: 'there' | 'silent' | 'stopped'
    readonly silentSeconds: number
    readonly hosts: readonly {
      readonly name: string
      readonly provider: string
      readonly room: HostRoom
      /** By run. */
      readonly taken: readonly (HostRoom & { readonly run: string })[]
      /** Why nothing starts on it. */
      readonly because?: string
    }[]
  }[]
  readonly runs: readonly {
    readonly run: string
    readonly priority: number
    readonly state: 'running' | 'no-coordinator' | 'cancelled'
    /** Places that it has on hosts. */
    readonly leases: number
    readonly progress?: RunProgress
  }[]
}

const STATES = ['there', 'silent', 'stopped'] as const

/** As OpenMetrics text, for Prometheus. */
export function formatOpenMetrics({ workers, runs }: FleetDocument): string {
  const hosts = workers.flatMap((worker) => worker.hosts.map((host) => ({ worker, host })))
  const lines = [
    ...gauge(
      'ringzero_workers',
      'workers by state',
      STATES.map((state) => [{ state }, workers.filter((worker) => worker.state === state).length]),
    ),
    ...gauge(
      'ringzero_host_machines',
      'machines that a host lends',
      hosts.map(({ worker, host }) => [{ worker: worker.name, host: host.name }, host.room.machines]),
    ),
    ...gauge(
      'ringzero_host_machines_taken',
      'machines that leases take of a host',
      hosts.map(({ worker, host }) => [
        { worker: worker.name, host: host.name },
        host.taken.reduce((sum, { machines }) => sum + machines, 0),
      ]),
    ),
    ...gauge(
      'ringzero_host_memory_taken_bytes',
      'memory that leases take of a host',
      hosts.map(({ worker, host }) => [
        { worker: worker.name, host: host.name },
        host.taken.reduce((sum, { memoryMiB }) => sum + memoryMiB, 0) * 1024 * 1024,
      ]),
    ),
    ...gauge(
      'ringzero_run_attempts_waiting',
      'attempts of a run that wait for a place',
      runs.map(({ run, progress }) => [{ run }, progress?.waiting ?? 0]),
    ),
    ...gauge(
      'ringzero_run_attempts_running',
      'attempts of a run that are on a host',
      runs.map(({ run, leases }) => [{ run }, leases]),
    ),
    '# EOF',
  ]
  return `${lines.join('\n')}\n`
}

type Sample = readonly [Readonly<Record<string, string>>, number]

function gauge(name: string, help: string, samples: readonly Sample[]): readonly string[] {
  return [
    `# TYPE ${name} gauge`,
    `# HELP ${name} ${help}`,
    ...samples.map(([labels, value]) => {
      const text = Object.entries(labels).map(([label, said]) => `${label}="${escapeLabel(said)}"`)
      return `${name}{${text.join(',')}} ${value}`
    }),
  ]
}

function escapeLabel(text: string): string {
  return text
    .replaceAll('\\', String.raw`\\`)
    .replaceAll('"', String.raw`\"`)
    .replaceAll('\n', String.raw`\n`)
}
