/** Machines of an engine on this computer: their folders and sealed files are shown to containers under their own paths. */
import { stat } from 'node:fs/promises'
import { KVM_DEVICE, localBootId, refuseLocalKvm } from '../shared/qemu/local-kvm.ts'
import { localFiles } from '../shared/qemu/machine-files.ts'
import { diskChain } from './disk-chain.ts'
import { sealedFiles, type MachinePlace } from './machine-place.ts'

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
    refuseKvm: refuseLocalKvm,
    kvmGroup: async () => (await stat(KVM_DEVICE)).gid,
    bootId: localBootId,
  }
}
