/** Makes machines with QEMU in containers of an engine: dockerd, or podman's compatible API. */
import { join } from 'node:path'
import { z } from 'zod'
import { systemClock } from '../../../kit/clock.ts'
import { AppError } from '../../../model/errors.ts'
import type { Context } from '../../../sdk/context.ts'
import type { Provider, ProviderFactory } from '../../../sdk/provider.ts'
import { QemuProvider } from '../shared/qemu/qemu-provider.ts'
import { ContainerHost } from './container-host.ts'
import { connectEngine } from './connect-engine.ts'
import { engineAddress } from './engine-address.ts'
import { inspectEngine } from './inspect-engine.ts'
import { RunnerContainers } from './runner-containers.ts'
import { RUNNER_IMAGE, buildRunnerImage, findRunnerImage } from './runner-image.ts'

const OptionsSchema = z.strictObject({
  engine: z
    .string()
    .min(1)
    .max(1024)
    .optional()
    .describe(
      'unix:///path, tcp://host:2376, ssh://user@host or npipe:////./pipe/name; default: as the docker command',
    ),
  context: z.string().min(1).max(255).optional().describe('a context of the docker command'),
  certificates: z
    .string()
    .min(1)
    .max(4096)
    .optional()
    .describe('folder with ca.pem, cert.pem and key.pem for mutual TLS'),
  sshConfig: z
    .string()
    .min(1)
    .max(4096)
    .optional()
    .describe('configuration file for ssh, as its -F takes it'),
  image: z
    .string()
    .min(1)
    .max(512)
    .optional()
    .describe('an image with QEMU; default: the image that ringzero builds'),
  program: z
    .string()
    .min(1)
    .max(1024)
    .default('qemu-system-x86_64')
    .describe('the QEMU program in the image'),
  accelerator: z.enum(['auto', 'kvm', 'tcg']).default('auto'),
  location: z
    .enum(['auto', 'local', 'remote'])
    .default('auto')
    .describe('whether the engine sees the files of this computer; auto finds it out'),
})
const BUILD_MS = 600_000

export const dockerProviderFactory: ProviderFactory = {
  name: 'docker',
  async open({ name, options, stateFolder }): Promise<Provider> {
    const parsed = OptionsSchema.safeParse(options)
    if (!parsed.success)
      throw new AppError('LAB_HOST_OPTIONS', 'user', `host ${name}: ${z.prettifyError(parsed.error)}`, {
        hint: 'the options of a docker host are engine, context, certificates, sshConfig, image, program, accelerator and location',
      })
    const {
      image: ownImage,
      program,
      accelerator,
      location,
      engine: place,
      context,
      certificates,
      sshConfig,
    } = parsed.data
    const address = await engineAddress({ engine: place, context, certificates, sshConfig })
    const engine = await connectEngine(address)
    let image: Promise<string> | undefined
    const build = async (ctx: Context): Promise<string> =>
      await buildRunnerImage(engine, join(stateFolder, 'runner-image'), ctx)
    const findImage = async (): Promise<string> => {
      image ??= (async () => ownImage ?? (await findRunnerImage(engine)) ?? (await build(buildContext())))()
      image.catch(() => (image = undefined))
      return await image
    }
    const forgetImage = (): void => {
      image = undefined
    }
    const containers = new RunnerContainers(engine, stateFolder, findImage, forgetImage)
    const host = new ContainerHost({ containers, program, location })
    let refused: Promise<string | undefined> | undefined
    return new QemuProvider(host, {
      accelerator,
      stateFolder,
      ...(ownImage === undefined ? { hostImages: [{ name: RUNNER_IMAGE, build }] } : {}),
      inspect: async (choose, ctx) => await inspectEngine(engine, address, () => host, ownImage, choose, ctx),
      async refuse() {
        // An engine that works is not asked for each cell; one that did not is asked again.
        refused ??= host.refuseEngine()
        const reason = await refused.catch((error: unknown) => {
          refused = undefined
          throw error
        })
        if (reason !== undefined) refused = undefined
        return reason
      },
    })
  },
}

function buildContext(): Context {
  return {
    signal: new AbortController().signal,
    deadline: systemClock.now() + BUILD_MS,
    clock: systemClock,
    log: { log: () => undefined },
  }
}
