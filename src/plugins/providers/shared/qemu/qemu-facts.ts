/** What the installed QEMU can give, asked from QEMU itself and kept while the provider lives. */
import type { MachineFragment } from '../../../../model/machine-profile.ts'
import type { Context } from '../../../../sdk/context.ts'
import type { Accelerator } from './build-arguments.ts'
import { hostFault } from './host-faults.ts'
import type { QemuHost } from './qemu-host.ts'

const PROGRAM_TIMEOUT_MS = 20_000

/** `7.2.22 (Debian 1:7.2+dfsg-7+deb12u18)`; undefined when the program is not there. */
export async function qemuVersion(
  host: Pick<QemuHost, 'program' | 'runBare'>,
  ctx: Pick<Context, 'signal'>,
): Promise<string | undefined> {
  const { stdout, exitCode } = await host.runBare(host.program, ['--version'], {
    signal: ctx.signal,
    timeoutMs: PROGRAM_TIMEOUT_MS,
  })
  if (exitCode !== 0) return undefined
  return /version (.+)/.exec(stdout.toString('utf8'))?.[1]?.trim()
}

/** What QEMU says of one CPU: unknown models and features that this accelerator cannot give. */
export interface CpuAnswer {
  readonly knownModels: readonly string[]
  readonly modelKnown: boolean
  readonly unknownFeatures: readonly string[]
  readonly missingFeatures: readonly string[]
}

/** Asks a machine-less QEMU. @throws AppError fault "host" when QEMU does not start or does not answer */
export async function askCpu(
  host: Pick<QemuHost, 'askQemu'>,
  accelerator: Accelerator,
  cpu: NonNullable<MachineFragment['cpu']>,
  ctx: Context,
): Promise<CpuAnswer> {
  const questions = [
    { execute: 'qmp_capabilities' },
    { execute: 'query-cpu-definitions', id: 'definitions' },
    {
      execute: 'query-cpu-model-expansion',
      arguments: { type: 'full', model: { name: 'max' } },
      id: 'expansion',
    },
    { execute: 'quit' },
  ]
  // QEMU reads the next command when it has answered the one before, so that the end of its input overtakes none.
  const finished = await host.askQemu(
    [
      '-no-user-config',
      '-nodefaults',
      '-display',
      'none',
      '-machine',
      `none,accel=${accelerator}`,
      '-qmp',
      'stdio',
    ],
    accelerator,
    {
      input: questions.map((question) => `${JSON.stringify(question)}\n`).join(''),
      signal: ctx.signal,
      timeoutMs: PROGRAM_TIMEOUT_MS,
    },
  )
  const answers = new Map<unknown, unknown>()
  for (const line of finished.stdout.toString('utf8').split('\n')) {
    const answer = parseObject(line)
    if (answer !== undefined && 'return' in answer) answers.set(answer['id'], answer['return'])
  }
  if (!answers.has('definitions') || !answers.has('expansion'))
    throw hostFault(
      'QEMU did not tell what processors it has',
      finished.stderr.toString('utf8'),
      'HOST_QEMU_FAILED',
    )
  return readCpuAnswers(answers.get('definitions'), answers.get('expansion'), cpu)
}

function parseObject(line: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(line)
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined
  } catch {
    return undefined
  }
}

function readCpuAnswers(
  definitions: unknown,
  expansion: unknown,
  cpu: NonNullable<MachineFragment['cpu']>,
): CpuAnswer {
  const knownModels = (Array.isArray(definitions) ? (definitions as readonly unknown[]) : []).flatMap(
    (entry) => {
      const name = (entry as Readonly<Record<string, unknown>>)['name']
      return typeof name === 'string' ? [name] : []
    },
  )
  const possible = possibleFeatures(expansion)
  const asked = (cpu.features ?? []).map((feature) => ({
    name: feature.replace(/^[+-]/, ''),
    wanted: !feature.startsWith('-'),
  }))
  const stateOf = (name: string): boolean | undefined =>
    possible.get(name) ?? possible.get(name.replaceAll('_', '-'))
  return {
    knownModels,
    modelKnown: knownModels.includes(cpu.model ?? 'max'),
    unknownFeatures: asked.filter(({ name }) => stateOf(name) === undefined).map(({ name }) => name),
    missingFeatures: asked
      .filter(({ name, wanted }) => wanted && stateOf(name) === false)
      .map(({ name }) => name),
  }
}

/**
 * Every feature that QEMU knows, and whether this accelerator can give it: model "max" is all that it can. (Expanding
 * the asked model itself would not tell: QEMU filters what it cannot give only when a machine starts.)
 */
function possibleFeatures(expansion: unknown): ReadonlyMap<string, boolean> {
  const { model } = expansion as { readonly model?: { readonly props?: Readonly<Record<string, unknown>> } }
  return new Map(
    Object.entries(model?.props ?? {}).filter(
      (entry): entry is [string, boolean] => typeof entry[1] === 'boolean',
    ),
  )
}
