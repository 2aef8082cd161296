/**
 * One fact with time, source and evidence. Checks and watchers report these; only the judge turns them into symptoms.
 * All text in here that came out of a guest is already bounded by the writer (`kit/text`), never trusted by a reader.
 */
import { z } from 'zod'
import { MilestoneSchema, MomentSchema, PhaseSchema } from './phase.ts'
import { SymptomClassSchema } from './symptom.ts'

const text = (maximum: number) => z.string().max(maximum)

/** One start of the machine, judged from the host. */
const BootFact = z.object({
  kind: z.literal('boot'),
  /** 1 for the first start of the attempt. */
  ordinal: z.int(),
  /** What asked for it: the runner, or the machine by itself. "restored": it did not boot, it went on from a checkpoint. */
  cause: z.enum(['start', 'restored', 'asked-restart', 'unexpected-reset', 'recovery']),
  /** Content hash of the checkpoint that a restored machine went on from. */
  checkpoint: text(64).optional(),
  milestone: MilestoneSchema,
  /** Milliseconds from start or reset to the agent's answer; absent when it never answered. */
  readyMs: z.number().optional(),
  settledMs: z.number().optional(),
  bootId: text(128).optional(),
  /** Starts that the guest itself counted so far; differs from `ordinal` when it restarted behind our back. */
  guestBootCount: z.int().optional(),
  ended: z.enum(['settled', 'deadline', 'crash', 'reset', 'power-off', 'recovery', 'agent-lost']),
})

/** The guest's kernel died. Hard evidence: never retried away. */
const CrashFact = z.object({
  kind: z.literal('crash'),
  mechanism: z.enum(['panic', 'bugcheck', 'triple-fault', 'watchdog']),
  /** Windows: `0x00000050`. Linux: absent. */
  code: text(32).optional(),
  parameters: z.array(text(32)).max(4).optional(),
  /** As the system names it: `PAGE_FAULT_IN_NONPAGED_AREA`, `BUG: kernel NULL pointer dereference`. */
  title: text(400),
  module: text(128).optional(),
  function: text(256).optional(),
  explanation: text(2000).optional(),
  milestone: MilestoneSchema,
  bootOrdinal: z.int(),
  /** Seen while the recovery ladder or a deliberate crash ran: expected, not counted. */
  expectedByTest: z.boolean().optional(),
})

const HangFact = z.object({
  kind: z.literal('hang'),
  /** vcpu-spinning: same instruction, interrupts off. idle-silent: halted, agent gone. logon: services up, no session. */
  mechanism: z.enum(['vcpu-spinning', 'idle-silent', 'logon', 'unknown']),
  detail: text(2000),
  milestone: MilestoneSchema,
  bootOrdinal: z.int(),
})

/** A screen or state that only a person could leave: recovery, BitLocker prompt, out-of-box setup. */
const StuckFact = z.object({
  kind: z.literal('stuck'),
  where: z.enum(['recovery', 'bitlocker-recovery', 'setup', 'safe-mode', 'firmware']),
  detail: text(2000),
  bootOrdinal: z.int(),
})

/** What became of the machine's power against what was asked of it, seen from the host and by the guest's own boot id. */
const PowerFact = z.object({
  kind: z.literal('power'),
  asked: z.enum(['nothing', 'restart', 'off']),
  /** `nothing`: it went on running, and answered as before. `restart`: it started again instead. */
  did: z.enum(['off', 'restart', 'nothing']),
  detail: text(2000),
  milestone: MilestoneSchema,
  bootOrdinal: z.int(),
})

const InstallFact = z.object({
  kind: z.literal('install'),
  step: z.enum(['apply', 'verify', 'remove', 'stimulus']),
  /** `quarantined`: something in the guest took away or changed what the installer had brought. */
  outcome: z.enum(['ok', 'reboot', 'failed', 'not-applied', 'rolled-back', 'quarantined', 'retry']),
  exitCode: z.number().optional(),
  detail: text(4000),
})

/** Something that should hold. The judge compares it with the control before it blames anybody. */
const ExpectationFact = z.object({
  kind: z.literal('expectation'),
  /** What is looked at, as `service:netwatch` or `file:/etc/passwd`; equal subjects are compared over arms. */
  subject: text(512),
  expected: text(2000),
  seen: text(4000),
  holds: z.boolean(),
  /** The symptom if it does not hold and the control's does. */
  symptom: SymptomClassSchema,
  severity: z.enum(['fail', 'warn']).default('fail'),
})

/** A number that is compared with the control's numbers of the same name. */
const MeasureFact = z.object({
  kind: z.literal('measure'),
  name: text(128),
  value: z.number(),
  unit: text(32),
  better: z.enum(['lower', 'higher']),
  symptom: SymptomClassSchema,
  /** Change against the control that is too small to matter, as a share (0.2 = 20 %) … */
  floorShare: z.number().optional(),
  /** … and in the unit itself. */
  floorValue: z.number().optional(),
})

/** Everything of one sort at one moment; the judge compares moments and arms (what is new, gone, changed). */
const InventoryFact = z.object({
  kind: z.literal('inventory'),
  subject: z.enum([
    'services',
    'files',
    'drivers',
    'minifilters',
    'products',
    'filters-network',
    'packages',
    'tasks',
    'modules',
  ]),
  moment: MomentSchema,
  items: z.record(z.string().max(1024), z.json()),
  /** Items cut because there were too many; a cut inventory never proves that something is gone. */
  cut: z.int().default(0),
})

/** What a difference between two looks at the whole machine is about. */
export const AspectSchema = z.enum([
  'file',
  /** What starts by itself: services, drivers, tasks, run keys, boot scripts. */
  'autostart',
  'certificate',
  'account',
  /** Hosts file, name servers. */
  'names',
  /** Links, addresses, routes, proxies. */
  'network',
  'firewall',
  'boot-entry',
  'environment',
  'package',
  'mount',
  'setting',
  'time-zone',
])
export type Aspect = z.output<typeof AspectSchema>

/** One difference of the machine's state against its own baseline. The judge takes off what a control does to itself. */
const ChangeFact = z.object({
  kind: z.literal('change'),
  moment: z.enum(['after-install', 'after-restart', 'after-soak', 'after-rollback']),
  aspect: AspectSchema,
  /** A path, `user:alice`, `address:eth0 10.0.0.1/24`. */
  item: text(600),
  what: z.enum(['new', 'gone', 'changed']),
  /** What of it changed: content, mode, owner, access, type, value. */
  traits: z.array(text(32)).max(8).default([]),
  /** `system`, `product:<id>`, or `nobody`: it was not there at the baseline. */
  belongsTo: text(128),
  /** The candidate's own recipe names it, or its kind changes such things by its nature. */
  expected: z.boolean().default(false),
  /** The product's own package brought it: only its updater changes it. */
  declared: z.boolean().default(false),
  before: text(400),
  after: text(400),
  /** How many it stands for: the files of a new folder. */
  count: z.int().default(1),
})

/** An entry of the guest's event log that is worth a person's time; new ones against the control count. */
const LogEventFact = z.object({
  kind: z.literal('log-event'),
  level: z.enum(['critical', 'error', 'warning']),
  provider: text(256),
  eventId: text(64),
  message: text(2000),
  count: z.int().default(1),
  symptom: SymptomClassSchema.default('critical-events'),
})

/** A property that the matrix asked for, as the guest itself shows it. A mismatch makes the attempt invalid, not red. */
const ProfileFact = z.object({
  kind: z.literal('profile'),
  property: text(128),
  asked: text(256),
  measured: text(256),
  matches: z.boolean(),
})

/** One recovery step of the recovery ladder. */
const RecoveryFact = z.object({
  kind: z.literal('recovery'),
  step: z.enum(['content-rollback', 'safe-mode-rollback', 'offline-uninstall']),
  broughtBack: z.boolean(),
  detail: text(2000),
})

/** Looked for something that could not be looked at. Never counts as "all is well". */
const BlindFact = z.object({
  kind: z.literal('blind'),
  subject: text(512),
  reason: text(2000),
})

export const FactSchema = z.discriminatedUnion('kind', [
  BootFact,
  CrashFact,
  HangFact,
  StuckFact,
  PowerFact,
  InstallFact,
  ExpectationFact,
  MeasureFact,
  InventoryFact,
  ChangeFact,
  LogEventFact,
  ProfileFact,
  RecoveryFact,
  BlindFact,
])
export type Fact = z.output<typeof FactSchema>
export type FactOf<K extends Fact['kind']> = Extract<Fact, { kind: K }>

/** Characters of the name of who saw it. */
export const LONGEST_SOURCE = 128

export const ObservationSchema = z.object({
  /** Milliseconds since 1970. */
  at: z.number(),
  phase: PhaseSchema,
  /** Who saw it: a check id, `watch`, `installer:content`, `collector:serial`. */
  source: z.string().max(LONGEST_SOURCE),
  fact: FactSchema,
  /** sha256 names in the evidence store. */
  evidence: z.array(z.string()).default([]),
})
export type Observation = z.output<typeof ObservationSchema>
