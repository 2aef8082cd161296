/** What only Windows can be asked. The Windows guest OS offers it; checks, installers and collectors for Windows build on it. */
import type { Channel } from './channel.ts'
import type { Context } from './context.ts'

export interface MinifilterFact {
  readonly name: string
  /** Exact decimal text. */
  readonly altitude: string
  /** Volumes that it is attached to. */
  readonly instances: number
  /** Load order group that the altitude lies in. */
  readonly group?: string
  /** Companies that Microsoft allocated the altitude to. */
  readonly owners: readonly string[]
}

/** A product registered with Windows' security center (client editions only). */
export interface SecurityProductFact {
  readonly sort: 'antivirus' | 'firewall'
  readonly name: string
  readonly state: 'on' | 'off' | 'snoozed' | 'expired' | 'unknown'
  readonly upToDate: boolean
}

export interface DefenderFact {
  /** `Normal`, `Passive Mode`, `SxS Passive Mode`, `EDR Block Mode`, `Not running`. */
  readonly mode: string
  readonly realTime: boolean
  readonly engineVersion: string
  readonly contentVersion: string
  /** Detections that Defender has on record: what it took away from somebody. */
  readonly detections: readonly { readonly id: string; readonly resources: readonly string[] }[]
}

export interface SecurityFacts {
  /** Absent where Windows has no security center (servers). */
  readonly products?: readonly SecurityProductFact[]
  readonly defender?: DefenderFact
}

/** How the platform guards its kernel; undefined members could not be read. */
export interface ProtectionFacts {
  readonly secureBoot?: boolean
  /** Virtualization-based security runs. */
  readonly vbs?: boolean
  /** Memory integrity (HVCI) runs. */
  readonly memoryIntegrity?: boolean
  readonly memoryIntegrityConfigured?: boolean
  readonly testSigning: boolean
  /** The kernel's policy for drivers of April 2026; undefined where it could not be read. */
  readonly driverPolicy?: 'enforced' | 'evaluation' | 'absent'
  /** As 26100. */
  readonly kernelBuild?: number
  /** Microsoft's certificates in the firmware's database, as `Windows UEFI CA 2023`; "revoked" stands before those in dbx. */
  readonly secureBootCertificates?: readonly string[]
  readonly tpm?: { readonly present: boolean; readonly ready: boolean; readonly version: string }
  readonly bitLocker: readonly { readonly volume: string; readonly protected: boolean }[]
  /** Driver Verifier as it runs now: flags in hexadecimal and the drivers it watches. */
  readonly verifier: { readonly flags: string; readonly drivers: readonly string[] }
}

export interface DriverPackageFact {
  /** `oem12.inf` */
  readonly published: string
  /** File name of the INF as the vendor delivered it. */
  readonly original: string
  readonly version: string
  readonly provider: string
}

export interface ServicingFacts {
  readonly build: string
  readonly edition: string
  readonly language: string
  /** Knowledge base numbers, as `KB5060842`. */
  readonly hotfixes: readonly string[]
  /** Package identity → state, as `Installed`, `InstallPending`; only those asked for. */
  readonly packages: Readonly<Record<string, string>>
  /** What servicing still has to do before the machine is settled. */
  readonly pending: readonly string[]
  /** Lines of CBS.log since the last start that say that something was rolled back or failed. */
  readonly rollbacks: readonly string[]
}

export interface ProgramFact {
  /** Product code or uninstall key. */
  readonly id: string
  readonly name: string
  readonly version: string
}

export interface ScheduledTaskFact {
  /** `\\Acme\\Update` */
  readonly path: string
  readonly enabled: boolean
  /** What it starts: command and arguments, or the class of a component. */
  readonly action: string
}

/** Reports that Windows kept of what went wrong. */
export interface ReportFacts {
  /** Folder names of Windows Error Reporting, as `AppCrash_app.exe_…`. */
  readonly errorReports: readonly string[]
  /** Live kernel dumps, full paths. */
  readonly liveDumps: readonly string[]
  /** Reliability records by source, as `Application Error` → 3. */
  readonly reliability: Readonly<Record<string, number>>
}

export interface NetworkFilterFacts {
  /** Provider key → name. */
  readonly providers: Readonly<Record<string, string>>
  /** Provider key → number of its filters and callouts. */
  readonly filters: Readonly<Record<string, number>>
  readonly callouts: Readonly<Record<string, number>>
}

/** One record of an event log with its data in payload order; classic events name no fields (''). */
export interface WindowsEvent {
  readonly channel: string
  readonly provider: string
  readonly eventId: number
  readonly level: number
  readonly recordId: number
  readonly message?: string
  readonly data: readonly (readonly [name: string, value: string])[]
}

/** All probes reject with ChannelLost or DeadlineError when the guest does not answer, and with AppError GUEST_PROBE when an answer cannot be read. */
export interface WindowsGuest {
  /**
   * Runs a PowerShell script in the guest (Windows PowerShell 5.1) and returns the JSON value that it put out.
   * `text` is a script file of a package, never made of data; `parameters` travel as JSON.
   */
  runScript(
    script: { readonly name: string; readonly text: string },
    parameters: Readonly<Record<string, unknown>>,
    guest: Channel,
    ctx: Context,
  ): Promise<unknown>
  minifilters(guest: Channel, ctx: Context): Promise<readonly MinifilterFact[]>
  security(guest: Channel, ctx: Context): Promise<SecurityFacts>
  protection(guest: Channel, ctx: Context): Promise<ProtectionFacts>
  driverPackages(guest: Channel, ctx: Context): Promise<readonly DriverPackageFact[]>
  /** `packages`: identities (or their beginnings) to look up. */
  servicing(packages: readonly string[], guest: Channel, ctx: Context): Promise<ServicingFacts>
  programs(guest: Channel, ctx: Context): Promise<readonly ProgramFact[]>
  /** All scheduled tasks, hidden ones, too. */
  tasks(guest: Channel, ctx: Context): Promise<readonly ScheduledTaskFact[]>
  reports(guest: Channel, ctx: Context): Promise<ReportFacts>
  networkFilters(guest: Channel, ctx: Context): Promise<NetworkFilterFacts>
  /** Critical, error and warning records since the bookmark (undefined: since this start), oldest first. */
  eventRecords(
    bookmark: string | undefined,
    guest: Channel,
    ctx: Context,
  ): Promise<{ readonly records: readonly WindowsEvent[]; readonly bookmark: string; readonly cut: number }>
  /** Name and meaning of a bug check, from Microsoft's reference. */
  explainBugCheck(
    code: string,
    parameters: readonly string[],
  ): { readonly code: string; readonly name: string; readonly explanation: string }
  /** Companies that are on record with Microsoft for a driver file, as `csagent.sys`. */
  vendorsOfDriver(file: string): readonly string[]
}
