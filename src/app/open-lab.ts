/** Opens a lab: its plugins, products and hosts, ready to be planned on and run on. Nothing on a host is changed. */
import { mkdir } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { nearestWord } from '../kit/nearest-word.ts'
import { AppError } from '../model/errors.ts'
import type { LabHost } from '../model/lab.ts'
import type { AbsentProduct, LoadedProduct } from '../model/product.ts'
import type { HostOffer } from '../plan/feasibility.ts'
import { builtIn, builtInGuestSystems, builtInHostsOfThisComputer } from '../plugins/built-in.ts'
import type { HostParts } from '../run/run-parts.ts'
import type { Context } from '../sdk/context.ts'
import type { Provider } from '../sdk/provider.ts'
import { loadLab, type LoadedLab } from '../inputs/load-lab.ts'
import { loadPlugins, type LoadedPlugins } from '../inputs/plugins/load-plugins.ts'
import { loadLabProduct } from '../inputs/package/load-product.ts'
import { secretReader } from '../inputs/secrets.ts'

export interface OpenLab {
  readonly lab: LoadedLab
  readonly plugins: LoadedPlugins
  /** By id; those that are in place. */
  readonly products: ReadonlyMap<string, LoadedProduct>
  /** Those whose files are not there yet: cells with them cannot run. */
  readonly absent: readonly AbsentProduct[]
  readonly hosts: readonly HostParts[]
  readonly offers: readonly HostOffer[]
  readonly secret: (name: string) => string
}

/**
 * Opens the lab file at `path`.
 * @throws AppError with fault user for what is wrong in the lab, a product or a host's options; plugin for a broken plugin
 */
export async function openLab(path: string, ctx: Context): Promise<OpenLab> {
  const lab = await loadLab(path, builtInHostsOfThisComputer)
  const plugins = await loadPlugins(lab, builtIn)
  const secret = secretReader(lab.secrets ?? [], lab.folder, process.env)
  const { products, absent } = await loadProducts(lab)
  const hosts: HostParts[] = []
  for (const [index, host] of lab.hosts.entries())
    hosts.push(await openHost(lab, host, index, plugins, secret))
  return { lab, plugins, products, absent, hosts, offers: hosts.map((parts) => offerOf(parts, ctx)), secret }
}

async function loadProducts(lab: LoadedLab): Promise<Pick<OpenLab, 'products' | 'absent'>> {
  const products = new Map<string, LoadedProduct>()
  const absent: AbsentProduct[] = []
  const met = new Set<string>()
  const secrets = new Set((lab.secrets ?? []).map((secret) => secret.name))
  for (const [index, { folder }] of (lab.products ?? []).entries()) {
    const loaded = await loadLabProduct(resolve(lab.folder, folder), secrets)
    const { id } = 'product' in loaded ? loaded.product : loaded.absent
    if (met.has(id)) {
      throw new AppError('INPUT_INVALID', 'user', `two products are called "${id}"`, {
        where: { file: lab.file, field: `products[${index}].folder` },
        hint: 'give each its own id',
      })
    }
    met.add(id)
    if ('product' in loaded) products.set(id, loaded.product)
    else absent.push(loaded.absent)
  }
  return { products, absent }
}

async function openHost(
  lab: LoadedLab,
  host: LabHost,
  index: number,
  plugins: LoadedPlugins,
  secret: (name: string) => string,
): Promise<HostParts> {
  const factory = plugins.providers.get(host.provider)
  if (factory === undefined) {
    const known = [...plugins.providers.keys()]
    const near = nearestWord(host.provider, known)
    throw new AppError('INPUT_INVALID', 'user', `there is no provider "${host.provider}"`, {
      where: { file: lab.file, field: `hosts[${index}].provider` },
      hint: near === undefined ? `use one of: ${known.join(', ')}` : `did you mean "${near}"?`,
    })
  }
  const stateFolder = join(lab.storeFolder, 'hosts', host.name)
  await mkdir(stateFolder, { recursive: true })
  const provider = await factory.open({ name: host.name, options: host.options ?? {}, stateFolder, secret })
  return {
    host,
    provider,
    guests: provider.guests ?? builtInGuestSystems,
    installers: provider.installers ?? plugins.installers,
  }
}

/** What the host lends, with the provider's refusals remembered for each profile. */
function offerOf({ host, provider }: HostParts, ctx: Context): HostOffer {
  const { os: systems, facets, simulated } = provider.capabilities
  const remembered = new Map<string, ReturnType<Provider['refuse']>>()
  return {
    name: host.name,
    provider: host.provider,
    os: systems,
    vcpus: host.capacity.vcpus,
    memoryMiB: host.capacity.memoryMiB,
    allowNetwork: host.allowNetwork ?? false,
    sight: provider.capabilities,
    takesProducts: simulated || facets.includes('sealable'),
    refusals(profile, os) {
      const key = JSON.stringify([profile, os])
      const known = remembered.get(key) ?? provider.refuse(profile, os, ctx)
      remembered.set(key, known)
      return known
    },
    ...(provider.savedStates === undefined || !facets.includes('savable')
      ? {}
      : {
          checkpointRefusals: (profile, os) => provider.savedStates?.refuse(profile, os) ?? [],
        }),
  }
}
