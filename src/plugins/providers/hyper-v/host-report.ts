/** What inspect-host.ps1 found, as doctor and the planner need it. */
import { z } from 'zod'
import type { AppError } from '../../../model/errors.ts'
import type { HostFacts, HostFinding } from '../../../sdk/provider.ts'
import type { HyperVOptions } from './hyper-v-options.ts'

export const HostInspectionSchema = z.object({
  powerShell: z.string(),
  operatingSystem: z.string(),
  processors: z.number(),
  windows: z.boolean(),
  module: z.boolean(),
  elevated: z.boolean().nullable(),
  hyperVAdministrator: z.boolean().nullable(),
  service: z.string().nullable(),
  freeBytes: z.number().nullable(),
  direct: z.boolean(),
  /** Logs of Hyper-V that this process cannot read. */
  unreadableLogs: z.array(z.object({ name: z.string(), reason: z.string() })).default([]),
  automaticCheckpoints: z.boolean().optional(),
  /** As `26100.4652`. */
  build: z.string().nullable().default(null),
  server: z.boolean().nullable().default(null),
  /** Whether Windows runs on its hypervisor. */
  hypervisor: z.boolean().nullable().default(null),
  freeMemoryBytes: z.number().nullable().default(null),
  /** Name or number of MSFT_StorageSetting.NewDiskPolicy. */
  newDiskPolicy: z.string().nullable().default(null),
  host: z
    .object({
      name: z.string(),
      logicalProcessors: z.number(),
      memoryBytes: z.number(),
      diskFolder: z.string().nullable(),
      configurationVersions: z.array(z.string()),
    })
    .nullable(),
  switches: z.array(z.object({ name: z.string(), type: z.string() })),
  refusal: z.object({ id: z.string(), category: z.string() }).optional(),
})
export type HostInspection = z.output<typeof HostInspectionSchema>

const GIB = 1024 ** 3
/** A Windows guest needs that much at least. */
const LEAST_MEMORY = 2 * GIB
/** Opens one; no command can elevate the process that runs. */
const ELEVATED_CONSOLE = [
  'powershell',
  '-NoProfile',
  '-Command',
  'Start-Process -FilePath powershell -Verb RunAs',
] as const
const ENABLE_ON_SERVER = [
  'powershell',
  '-NoProfile',
  '-Command',
  'Install-WindowsFeature -Name Hyper-V -IncludeManagementTools',
] as const
const LAUNCH_HYPERVISOR = ['bcdedit', '/set', 'hypervisorlaunchtype', 'auto'] as const
const ENABLE = [
  'powershell',
  '-NoProfile',
  '-Command',
  'Enable-WindowsOptionalFeature -Online -FeatureName Microsoft-Hyper-V-All -NoRestart',
] as const

/** Findings of a host whose PowerShell could not be started. */
export function reportWithoutPowerShell(executable: string, message: string): HostFacts {
  return {
    facts: { provider: 'hyper-v' },
    findings: [
      {
        id: 'hyper-v/powershell',
        state: 'missing',
        required: true,
        message: `${executable} cannot be started: ${message}; a Hyper-V host is a Windows computer with Windows PowerShell 5.1`,
      },
    ],
  }
}

/** Findings of a host on which a policy constrains PowerShell. */
export function reportConstrained({ message, hint }: AppError): HostFacts {
  return {
    facts: { provider: 'hyper-v' },
    findings: [
      {
        id: 'hyper-v/language',
        state: 'missing',
        required: true,
        message: `${message}${hint === undefined ? '' : `: ${hint}`}`,
      },
    ],
  }
}

/** Each thing that must be there, in the order in which a person would fix it. */
export function reportHost(seen: HostInspection, options: HyperVOptions): HostFacts {
  return {
    facts: { provider: 'hyper-v', ...seen },
    findings: [
      { id: 'hyper-v/powershell', state: 'ok', required: true, message: `PowerShell ${seen.powerShell}` },
      feature(seen),
      ...hypervisor(seen),
      elevation(seen),
      eventLogs(seen),
      service(seen),
      direct(seen),
      ...september2025(seen),
      disk(seen, options),
      ...memory(seen),
      ...newDisks(seen),
      ...openSwitch(seen, options),
    ],
  }
}

function feature(seen: HostInspection): HostFinding {
  const id = 'hyper-v/feature'
  if (seen.module)
    return {
      id,
      state: 'ok',
      required: true,
      message: 'the Hyper-V feature and its PowerShell module are there',
    }
  return {
    id,
    state: 'missing',
    required: true,
    message: 'the Hyper-V feature is not enabled; the host restarts once afterwards',
    fix: [seen.server === true ? ENABLE_ON_SERVER : ENABLE],
  }
}

/** The feature can be there while its hypervisor does not run: before the restart, without the firmware's virtualization, or switched off. */
function hypervisor(seen: HostInspection): readonly HostFinding[] {
  const id = 'hyper-v/hypervisor'
  if (!seen.module || seen.hypervisor === null) return []
  if (seen.hypervisor) return [{ id, state: 'ok', required: true, message: 'Windows runs on its hypervisor' }]
  return [
    {
      id,
      state: 'missing',
      required: true,
      message:
        'the hypervisor does not run, so that no machine can start: switch virtualization on in the firmware, let the hypervisor be launched, and restart the host',
      fix: [LAUNCH_HYPERVISOR],
    },
  ]
}

/** Microsoft's known issue of KB5065426 and KB5065474 (September 2025), fixed by KB5066360; 6899 is October's update of these builds. */
function september2025({ build }: HostInspection): readonly HostFinding[] {
  const [major = 0, minor = 0] = (build ?? '').split('.').map(Number)
  if ((major !== 26_100 && major !== 26_200) || minor >= 6899) return []
  return [
    {
      id: 'hyper-v/september-2025',
      state: 'degraded',
      required: false,
      message: `this host is build ${build}: where host and guest do not both have the updates of September 2025, PowerShell Direct is refused; install KB5066360 or a later cumulative update on the host, and put it into the images`,
    },
  ]
}

function memory({ freeMemoryBytes }: HostInspection): readonly HostFinding[] {
  if (freeMemoryBytes === null) return []
  const message = `${(freeMemoryBytes / GIB).toFixed(1)} GiB of memory are free now`
  return [
    {
      id: 'hyper-v/memory',
      state: freeMemoryBytes < LEAST_MEMORY ? 'degraded' : 'ok',
      required: false,
      message:
        freeMemoryBytes < LEAST_MEMORY
          ? `${message}: machines will not start; end what uses the rest`
          : message,
    },
  ]
}

/** VDS_SAN_POLICY: what Windows does with a disk that is new to it, as each disk of a guest is. */
const POLICIES: Readonly<Record<string, string>> = {
  '1': 'OnlineAll',
  '2': 'OfflineShared',
  '3': 'OfflineAll',
  '4': 'OfflineInternal',
}

function newDisks({ newDiskPolicy }: HostInspection): readonly HostFinding[] {
  if (newDiskPolicy === null || newDiskPolicy === '') return []
  const policy = POLICIES[newDiskPolicy] ?? newDiskPolicy
  return [
    {
      id: 'hyper-v/new-disks',
      state: 'ok',
      required: false,
      message:
        policy === 'OnlineAll'
          ? 'new disks come online'
          : `the host keeps new disks offline (${policy}): ringzero brings those of its own machines online while it reads them`,
    },
  ]
}

/** Membership of Hyper-V Administrators makes machines, but neither mounts disks nor edits boot stores and registry hives. */
function elevation(seen: HostInspection): HostFinding {
  const id = 'hyper-v/elevation'
  const refused = seen.refusal?.category === 'PermissionDenied'
  if ((seen.elevated === true || !seen.windows) && !refused)
    return { id, state: 'ok', required: true, message: 'this process may manage Hyper-V and its disks' }
  const member = seen.hyperVAdministrator === true && !refused
  return {
    id,
    state: 'missing',
    required: true,
    message: member
      ? 'this process may manage Hyper-V, but not mount the disks of its machines: run ringzero in an elevated console'
      : 'this process may not manage Hyper-V: run ringzero in an elevated console',
    fix: [ELEVATED_CONSOLE],
  }
}

function eventLogs({ unreadableLogs, windows, elevated }: HostInspection): HostFinding {
  const id = 'hyper-v/event-log'
  if (unreadableLogs.length === 0)
    return { id, state: 'ok', required: true, message: 'restarts and crashes of machines can be seen' }
  const logs = unreadableLogs.map(({ name, reason }) => `${name} (${reason})`).join(', ')
  return {
    id,
    state: 'missing',
    required: true,
    message: `restarts and crashes of machines cannot be seen, since these logs cannot be read: ${logs}`,
    ...(windows && elevated !== true ? { fix: [ELEVATED_CONSOLE] } : {}),
  }
}

function service(seen: HostInspection): HostFinding {
  const id = 'hyper-v/service'
  if (seen.host !== null)
    return { id, state: 'ok', required: true, message: `Hyper-V answers on ${seen.host.name}` }
  return {
    id,
    state: 'missing',
    required: true,
    message: `Hyper-V does not answer (service vmms: ${seen.service ?? 'unknown'}; ${seen.refusal?.id ?? 'no reason given'})`,
    fix: [['powershell', '-NoProfile', '-Command', 'Start-Service -Name vmms']],
  }
}

function direct(seen: HostInspection): HostFinding {
  return {
    id: 'hyper-v/powershell-direct',
    state: seen.direct ? 'ok' : 'missing',
    required: true,
    message: seen.direct
      ? 'PowerShell Direct is there'
      : 'this PowerShell has no PowerShell Direct: Windows 10, Windows Server 2016 or later is needed',
  }
}

function disk(seen: HostInspection, options: HyperVOptions): HostFinding {
  const id = 'hyper-v/disk'
  if (seen.freeBytes === null)
    return { id, state: 'degraded', required: false, message: 'free disk space is unknown' }
  const free = `${(seen.freeBytes / GIB).toFixed(1)} GiB free where machines are made`
  if (seen.freeBytes >= options.minimumFreeGiB * GIB)
    return { id, state: 'ok', required: true, message: free }
  return {
    id,
    state: 'missing',
    required: true,
    message: `${free}, fewer than ${options.minimumFreeGiB}`,
    fix: [['ringzero', 'images', 'prune']],
  }
}

function openSwitch(seen: HostInspection, options: HyperVOptions): readonly HostFinding[] {
  if (options.openSwitch === undefined || seen.host === null) return []
  const found = seen.switches.some(({ name }) => name === options.openSwitch)
  return [
    {
      id: 'hyper-v/open-switch',
      state: found ? 'ok' : 'missing',
      required: false,
      message: found
        ? `the switch ${options.openSwitch} is there`
        : `the host has no switch ${options.openSwitch}; it has ${seen.switches.map(({ name }) => name).join(', ') || 'none'}`,
    },
  ]
}
