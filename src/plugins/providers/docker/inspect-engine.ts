/** What doctor says of a container engine. */
import type Dockerode from 'dockerode'
import { oneLine } from '../../../kit/text.ts'
import type { Context } from '../../../sdk/context.ts'
import type { HostFacts, HostFinding } from '../../../sdk/provider.ts'
import { acceleratorFinding, type AcceleratorChoice } from '../shared/qemu/accelerator.ts'
import { qemuVersion } from '../shared/qemu/qemu-facts.ts'
import type { ContainerHost } from './container-host.ts'
import type { EngineAddress } from './engine-address.ts'
import { findRunnerImage } from './runner-image.ts'

/** Looks, and starts containers that are gone afterwards; builds nothing. */
export async function inspectEngine(
  engine: Dockerode,
  address: EngineAddress,
  host: () => ContainerHost,
  ownImage: string | undefined,
  choose: () => Promise<AcceleratorChoice>,
  ctx: Context,
): Promise<HostFacts> {
  const asked = await engine.version().then(
    (version) => ({ version, error: undefined }),
    (error: unknown) => ({ version: undefined, error: oneLine(String(error), 300) }),
  )
  if (asked.version === undefined)
    return {
      facts: { engine: null },
      findings: [
        {
          id: 'container-engine',
          state: 'missing',
          required: true,
          packages: ['podman'],
          message: `no container engine answers at ${address.url.href} (${address.from}): ${asked.error}`,
        },
      ],
    }
  const name = `${asked.version.Platform?.Name ?? 'engine'} ${asked.version.Version}`.trim()
  const image = ownImage ?? (await findRunnerImage(engine))
  const facts = { engine: name, apiVersion: asked.version.ApiVersion, runnerImage: image ?? null }
  const findings: HostFinding[] = [
    {
      id: 'container-engine',
      state: 'ok',
      required: true,
      message: `${name} answers at ${address.url.href} (${address.from})`,
    },
    image === undefined
      ? {
          id: 'runner-image',
          state: 'missing',
          required: false,
          message:
            'the engine has no image of the runner; the first run builds it (ringzero images build docker-runner)',
        }
      : { id: 'runner-image', state: 'ok', required: false, message: `machines run in image ${image}` },
  ]
  if (image === undefined) return { facts, findings }
  const refused = await host().refuseEngine()
  findings.push({
    id: 'container-files',
    state: refused === undefined ? 'ok' : 'missing',
    required: true,
    message:
      refused ??
      ((await host().location()) === 'local'
        ? 'containers see the folders of this computer'
        : 'containers do not see this computer: disks are given to the engine as volumes'),
  })
  if (refused !== undefined) return { facts, findings }
  const [version, choice] = [await qemuVersion(host(), ctx), await choose()]
  return {
    facts: {
      ...facts,
      qemu: version ?? null,
      accelerator: choice.accelerator,
      acceleratorBecause: choice.because,
    },
    findings: [
      ...findings,
      {
        id: 'container-qemu',
        state: version === undefined ? 'missing' : 'ok',
        required: true,
        message:
          version === undefined ? `the image has no ${host().program}` : `the image has QEMU ${version}`,
      },
      acceleratorFinding(choice),
    ],
  }
}
