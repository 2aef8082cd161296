/** Which kernel modules belong into the guest: the wanted ones and what they need, read from the modules themselves. */
import { readdir, readFile } from 'node:fs/promises'
import { basename, join } from 'node:path'

/** One module file of the unpacked kernel package. */
export interface ModuleFile {
  readonly name: string
  /** Relative to the folder of all modules, as `kernel/drivers/block/virtio_blk.ko`. */
  readonly path: string
}

/** Disks, buses, cards, consoles and sensors of every hardware profile that a QEMU machine can have; no display driver, so that a crash stays on the text screen. */
export const WANTED_MODULES: readonly string[] = [
  'virtio_pci',
  'virtio_mmio',
  'virtio_blk',
  'virtio_scsi',
  'virtio_console',
  'virtio_net',
  'virtio_rng',
  'nvme',
  'ahci',
  'ata_piix',
  'ata_generic',
  'sd_mod',
  'ext4',
  'crc32c_generic',
  'crc32c_intel',
  'pvpanic_pci',
  'pvpanic_mmio',
  'e1000',
  'e1000e',
  'vmxnet3',
  '8139cp',
  '8139too',
  'ramoops',
  'tpm_crb',
  'tpm_tis',
  'efivarfs',
]

/** All modules below `folder` by name; dashes read as underscores, as the kernel does. */
export async function findModules(folder: string): Promise<ReadonlyMap<string, ModuleFile>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const modules = new Map<string, ModuleFile>()
  for (const entry of entries) {
    if (!entry.isFile() || !/\.ko(?:\.[a-z0-9]+)?$/.test(entry.name)) continue
    const name = moduleName(entry.name)
    modules.set(name, { name, path: join(entry.parentPath, entry.name).slice(folder.length + 1) })
  }
  return modules
}

/** Names of the modules that one module must find loaded, from its `.modinfo` section (`depends=` and `softdep=pre:`). */
export function moduleDependencies(module: Buffer): readonly string[] {
  const text = module.toString('latin1')
  const depends = /\0depends=([^\0]*)\0/.exec(`\0${text}\0`)?.[1] ?? ''
  const soft = [...text.matchAll(/\0softdep=pre:([^\0]*)\0/g)].flatMap((match) =>
    (match[1] ?? '').split(/\s+/),
  )
  return [...depends.split(','), ...soft].filter((name) => /^[A-Za-z0-9_-]+$/.test(name)).map(moduleName)
}

/**
 * The wanted modules that this kernel has as files, with all that they need; what is built into the kernel is not there.
 * `read` gives the unpacked bytes of a module file.
 */
export async function moduleClosure(
  wanted: readonly string[],
  available: ReadonlyMap<string, ModuleFile>,
  read: (module: ModuleFile) => Promise<Buffer>,
): Promise<readonly { readonly module: ModuleFile; readonly data: Buffer }[]> {
  const names = new Set(wanted)
  const chosen: { module: ModuleFile; data: Buffer }[] = []
  for (const name of names) {
    const module = available.get(name)
    if (module === undefined) continue
    const data = await read(module)
    chosen.push({ module, data })
    for (const dependency of moduleDependencies(data)) names.add(dependency)
  }
  return chosen
}

/** `kernel/…/crc32c-intel.ko.xz` is the module `crc32c_intel`. */
export function moduleName(file: string): string {
  return basename(file)
    .replace(/\.ko(?:\..*)?$/, '')
    .replaceAll('-', '_')
}

/** Bytes of a module file as shipped. */
export async function readModuleFile(folder: string, module: ModuleFile): Promise<Buffer> {
  return await readFile(join(folder, module.path))
}
