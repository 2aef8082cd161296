/** The script of a simulated host: which machines misbehave, and how. */
import { z } from 'zod'
import { hashJson } from '../../../kit/hash.ts'
import { seededRandom } from '../../../kit/random.ts'
import { AppError } from '../../../model/errors.ts'
import type { MachineSpec } from '../../../sdk/provider.ts'

const BehaviourSchema = z.enum([
  /** Restarts by itself in early boot, for ever. */
  'boot-loop',
  /** The kernel dies in early boot and stays dead. */
  'panic',
  /** The kernel dies a while after the start and restarts by itself, once. */
  'crash-once',
  /** Restarts by itself a while after each start that has ended. */
  'restart-loop',
  /** Never gets past the kernel. */
  'hang',
  /** Boots, and its agent does not answer. */
  'silent',
  /** Boots to a green heartbeat, and signing in is not possible. */
  'logon-hang',
  /** Dies in its safe mode, and only there, before it counts the start. */
  'safe-mode-panic',
  /** Runs in its safe mode to a green heartbeat, and takes no session there. */
  'safe-mode-silent',
  /** The kernel dies as it shuts down, and the machine goes off all the same. */
  'shutdown-panic',
  /** Boots into a setup of the system that waits for a person. */
  'setup-waits',
  /** Health probes of the co-installed products fail. */
  'protection-off',
  /** A service that should run has failed. */
  'service-degraded',
  /** A file of the system changes. */
  'file-changed',
  'network-loss',
  /** Starts take four times as long. */
  'slow-boot',
  /** Memory in use grows all the time. */
  'leak',
  /** The installer says ok and the files are not there. */
  'not-applied',
  /** The file stays although the candidate was removed. */
  'rollback-incomplete',
  /** The host loses the machine at a random time. */
  'host-fault',
  /** The host cannot make the machine. */
  'create-fails',
])
export type Behaviour = z.output<typeof BehaviourSchema>

const FaultSchema = z.strictObject({
  /** All that is named must match; an empty one matches every machine. */
  when: z
    .strictObject({
      configuration: z.record(z.string(), z.union([z.string(), z.array(z.string())])).optional(),
      /** All of these are installed. */
      products: z.array(z.string()).optional(),
      /** Dotted path of the profile → value, as `disk.bus: nvme`. */
      machine: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).optional(),
    })
    .default({}),
  behaviour: BehaviourSchema,
  /** Of the machines that match, decided for each attempt by the seed. */
  probability: z.number().min(0).max(1).default(1),
  /** candidate: only while the candidate is in the machine. always: with or without it. */
  needs: z.enum(['candidate', 'always']).optional(),
})
export type SimulatedFault = z.output<typeof FaultSchema>

export const SimulatedOptionsSchema = z.strictObject({
  seed: z.int().default(1),
  faults: z.array(FaultSchema).max(1000).default([]),
  /** How much the host's load moves times: one standard deviation of the logarithm of each start and each answer. */
  noise: z.number().min(0).max(2).default(0),
})
export type SimulatedOptions = z.output<typeof SimulatedOptionsSchema>

/** The name of a file of a candidate that says what simulated machines do while it is in them. */
export const BEHAVIOURS_FILE = 'simulated.json'
const BehavioursSchema = z.strictObject({ behaviours: z.array(BehaviourSchema).max(8) })

/** What a candidate's file says. @throws AppError INPUT_INVALID (user) for a file that says anything else */
export function parseBehaviours(file: string, text: string): readonly Behaviour[] {
  try {
    return BehavioursSchema.parse(JSON.parse(text)).behaviours
  } catch (error) {
    throw new AppError(
      'INPUT_INVALID',
      'user',
      `${BEHAVIOURS_FILE} does not say what a simulated machine does`,
      {
        where: { file },
        hint: `write {"behaviours": [...]} with some of: ${BehaviourSchema.options.join(', ')}`,
        cause: error,
      },
    )
  }
}

/** These are the host's own doing, so no candidate is needed for them. */
const HOST_BEHAVIOURS: ReadonlySet<Behaviour> = new Set(['host-fault', 'create-fails'])

/** @throws AppError PROVIDER_OPTIONS (user) naming the option that is wrong */
export function parseSimulatedOptions(host: string, options: unknown): SimulatedOptions {
  const parsed = SimulatedOptionsSchema.safeParse(options)
  if (parsed.success) return parsed.data
  throw new AppError('PROVIDER_OPTIONS', 'user', `host "${host}": the options of its provider are wrong`, {
    problems: parsed.error.issues.map((issue) => ({
      message: `options.${issue.path.join('.')}: ${issue.message}`,
      hint: 'see docs: a simulated host takes `seed`, `faults` and `noise`',
    })),
  })
}

/** What this one machine will do; the same seed and name give the same. */
export function faultsOf(
  options: SimulatedOptions,
  spec: MachineSpec,
): readonly { readonly behaviour: Behaviour; readonly needsCandidate: boolean }[] {
  const random = seededRandom(options.seed ^ Number.parseInt(hashJson(identity(spec)).slice(0, 8), 16))
  return options.faults.flatMap(({ when, behaviour, probability, needs }) => {
    const rolled = random() < probability
    if (!rolled || !matches(when, spec)) return []
    const needsCandidate = needs === undefined ? !HOST_BEHAVIOURS.has(behaviour) : needs === 'candidate'
    return [{ behaviour, needsCandidate }]
  })
}

/** Not the run: a repeated run with the same seed goes the same way. */
function identity({ ref }: MachineSpec): unknown {
  return [ref.host, ref.cell, ref.arm, ref.attempt]
}

function matches(when: SimulatedFault['when'], spec: MachineSpec): boolean {
  const { configuration = {}, products = [], machine = {} } = when
  return (
    Object.entries(configuration).every(([axis, wanted]) => {
      const value = spec.configuration?.[axis]
      return value !== undefined && (Array.isArray(wanted) ? wanted.includes(value) : wanted === value)
    }) &&
    products.every((product) => spec.products?.includes(product) ?? false) &&
    Object.entries(machine).every(([path, wanted]) => at(spec.profile, path) === wanted)
  )
}

function at(profile: unknown, path: string): unknown {
  return path
    .split('.')
    .reduce<unknown>(
      (value, key) =>
        value !== null && typeof value === 'object' ? (value as Record<string, unknown>)[key] : undefined,
      profile,
    )
}
