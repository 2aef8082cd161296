/** Machines of an engine on this computer: their folders and sealed files are shown to containers under their own paths. */
import { access, constants, readFile, stat } from 'node:fs/promises'
import { localFiles } from '../shared/qemu/machine-files.ts'
import { diskChain } from './disk-chain.ts'
import { sealedFiles, type MachinePlace } from './machine-place.ts'

const KVM_DEVICE = '/dev/kvm'

/** `user`: `uid:gid` that our files have in containers. */
export function localPlace(user: () => Promise<string>): MachinePlace {
  return {
    async filesSeen(record) {
      const { files, disks } = sealedFiles(record)
      const chains = await Promise.all(disks.map(diskChain))
      return {
        user: await user(),
        workingFolder: record.folder,
        writable: [record.folder],
        readOnly: [...new Set([...files, ...chains.flat()])],
      }
    },
    namesOf: async () => await Promise.resolve([]),
    prepare: async () => await Promise.resolve(),
    filesOf: ({ folder }) => localFiles(folder),
    whole: (_, process) => process,
    release: async () => await Promise.resolve(),
    async refuseKvm() {
      const code = await access(KVM_DEVICE, constants.R_OK | constants.W_OK).then(
        () => undefined,
        (error: NodeJS.ErrnoException) => error.code ?? 'unreadable',
      )
      if (code === undefined) return undefined
      return code === 'ENOENT' ? `this host has no ${KVM_DEVICE}` : `${KVM_DEVICE} cannot be opened (${code})`
    },
    kvmGroup: async () => (await stat(KVM_DEVICE)).gid,
    bootId: async () => (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim(),
  }
}
