/** The public door: what a plugin's author imports as `ringzero/sdk`. Everything else of the house may change at any time. */
export { systemClock, type Clock, type Instant } from './kit/clock.ts'
export { DeadlineError, withDeadline } from './kit/deadline.ts'
export { bounded, oneLine, printable } from './kit/text.ts'
export type { LoadedCandidate } from './model/candidate.ts'
export type { GuestCommand } from './model/command.ts'
export { AppError, type AppErrorOptions, type Fault, type Problem, type Where } from './model/errors.ts'
export type { RunEvent } from './model/event.ts'
export type { MachineFragment, MachineProfile } from './model/machine-profile.ts'
export type { MachineRef } from './model/machine-ref.ts'
export { FactSchema, type Fact, type FactOf, type Observation } from './model/observation.ts'
export type { Arm, Milestone, Moment, Phase } from './model/phase.ts'
export type { LoadedProduct } from './model/product.ts'
export type { OsName, Recipe } from './model/recipe.ts'
export type { Gate, Report } from './model/report.ts'
export type { SymptomClass } from './model/symptom.ts'
export { ChannelLost, type Channel, type ExecRequest, type ExecResult } from './sdk/channel.ts'
export type { Check, CheckTarget } from './sdk/check.ts'
export type { Collector, CollectTarget, EvidenceSink } from './sdk/collector.ts'
export type { Context, Logger, LogLevel } from './sdk/context.ts'
export type {
  BootFacts,
  CrashRecord,
  GuestOs,
  FileFact,
  LogEntry,
  MeasuredProfile,
  ResourceFacts,
  ServiceFact,
} from './sdk/guest-os.ts'
export type { Artifact, Installer, InstallFactOf, Target, UndoRecord } from './sdk/installer.ts'
export { definePlugin, PLUGIN_API_VERSION, type Plugin } from './sdk/plugin.ts'
export type {
  BootSource,
  HostFacts,
  HostFinding,
  Machine,
  MachineSignal,
  MachineSpec,
  OfflineDisk,
  Provider,
  ProviderCapabilities,
  ProviderFactory,
  SafeBoot,
  SavableState,
  SavedState,
  SavedStates,
  Screen,
  SealableDisk,
  Serial,
} from './sdk/provider.ts'
export type { OutputFolder, Reporter } from './sdk/reporter.ts'
export { SignalLog } from './sdk/signal-log.ts'
