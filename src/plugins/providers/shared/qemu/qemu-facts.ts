/** What the installed QEMU can give, asked from QEMU itself and kept while the provider lives. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { MachineFragment } from '../../../../model/machine-profile.ts'
import type { Context } from '../../../../sdk/context.ts'
import type { Accelerator } from './build-arguments.ts'
import type { QemuHost } from './qemu-host.ts'
import { QmpClient } from './qmp-client.ts'

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

/** Asks a machine-less QEMU. @throws AppError fault "host" when QEMU does not start, DeadlineError */
export async function askCpu(
  host: QemuHost,
  accelerator: Accelerator,
  cpu: NonNullable<MachineFragment['cpu']>,
  ctx: Context,
): Promise<CpuAnswer> {
  const folder = await mkdtemp(join(tmpdir(), 'ringzero-cpu-'))
  const qemu = await host.ask(
    [
      '-no-user-config',
      '-nodefaults',
      '-display',
      'none',
      '-machine',
      `none,accel=${accelerator}`,
      '-qmp',
      'unix:qmp.sock,server=on,wait=off',
    ],
    { folder, accelerator },
  )
  try {
    const gone = qemu.exited.then(({ stderr }) => `QEMU ended: ${stderr}`)
    const client = await QmpClient.connect(join(folder, 'qmp.sock'), ctx, { onEvent: () => undefined }, gone)
    try {
      return await ask(client, cpu, ctx)
    } finally {
      client.close()
    }
  } finally {
    qemu.kill('SIGKILL')
    await qemu.exited
    await rm(folder, { recursive: true, force: true })
  }
}

async function ask(
  client: QmpClient,
  cpu: NonNullable<MachineFragment['cpu']>,
  ctx: Context,
): Promise<CpuAnswer> {
  const definitions = await client.execute('query-cpu-definitions', {}, ctx)
  const knownModels = (Array.isArray(definitions) ? (definitions as readonly unknown[]) : []).flatMap(
    (entry) => {
      const name = (entry as Readonly<Record<string, unknown>>)['name']
      return typeof name === 'string' ? [name] : []
    },
  )
  const possible = await possibleFeatures(client, ctx)
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
async function possibleFeatures(client: QmpClient, ctx: Context): Promise<ReadonlyMap<string, boolean>> {
  const answer = await client.execute(
    'query-cpu-model-expansion',
    { type: 'full', model: { name: 'max' } },
    ctx,
  )
  const expanded = (answer as { readonly model?: { readonly props?: Readonly<Record<string, unknown>> } })
    .model
  return new Map(
    Object.entries(expanded?.props ?? {}).filter(
      (entry): entry is [string, boolean] => typeof entry[1] === 'boolean',
    ),
  )
}
