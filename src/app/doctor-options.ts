/** Whom doctor asks: the hosts of a lab, or without one the provider of this platform and what building the small guest needs. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { linuxMicroFindings } from '../lab/linux-micro/host-findings.ts'
import { builtIn } from '../plugins/built-in.ts'
import type { Context } from '../sdk/context.ts'
import type { HostFacts, ProviderFactory } from '../sdk/provider.ts'
import type { DoctorOptions } from './doctor.ts'
import { labFindings } from './lab-findings.ts'
import { openLab } from './open-lab.ts'

/** @throws AppError with fault user for what is wrong in the lab */
export async function doctorOptions(labFile: string | undefined, ctx: Context): Promise<DoctorOptions> {
  const nodeVersion = process.versions.node
  if (labFile === undefined) {
    const usual = (builtIn.providers ?? []).filter(({ platforms }) => platforms?.includes(process.platform))
    const inspections = [
      ...usual.map(inspectProvider),
      // The small guest is built from Debian packages, on Linux.
      ...(process.platform === 'win32' ? [] : [inspectLinuxMicro]),
    ]
    return { inspections, storeFolder: resolve('.'), nodeVersion }
  }
  const opened = await openLab(labFile, ctx)
  const { lab, hosts } = opened
  const builds = (lab.images ?? []).some((image) => image.kind === 'linux-micro')
  return {
    inspections: [
      ...hosts.map(
        ({ provider }) =>
          (inner: Context) =>
            provider.inspectHost(inner),
      ),
      ...(builds ? [inspectLinuxMicro] : []),
      async (inner: Context) => ({ facts: {}, findings: await labFindings(opened, inner.clock.now()) }),
    ],
    storeFolder: lab.storeFolder,
    nodeVersion,
  }
}

/** What building the small guest needs. */
async function inspectLinuxMicro(ctx: Context): Promise<HostFacts> {
  return { facts: {}, findings: await linuxMicroFindings(ctx) }
}

/** Opens a provider of ours with its defaults, in a folder of its own that is gone afterwards. */
function inspectProvider(factory: ProviderFactory): (ctx: Context) => Promise<HostFacts> {
  return async (ctx) => {
    const stateFolder = await mkdtemp(join(tmpdir(), 'ringzero-doctor-'))
    try {
      const provider = await factory.open({ name: 'local', options: {}, stateFolder, secret: () => '' })
      return await provider.inspectHost(ctx)
    } finally {
      await rm(stateFolder, { recursive: true, force: true })
    }
  }
}
