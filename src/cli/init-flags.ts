/** Flags of `ringzero init`: each is the answer to a question. */
import { Flags } from '@oclif/core'
import { jsonFlag } from './base-command.ts'

const KINDS = ['driver', 'msi', 'exe', 'msu', 'cab', 'content', 'script'] as const

export const initFlags = {
  json: jsonFlag,
  folder: Flags.string({ default: '.', description: 'folder of the project' }),
  force: Flags.boolean({ description: 'replace files that are there' }),
  kind: Flags.option({
    options: KINDS,
    description: 'what installs the update (default: as its files say)',
  })(),
  main: Flags.string({ description: 'file that installs it, where several could' }),
  guest: Flags.option({
    options: ['windows', 'linux'] as const,
    description: 'guests that it is for, where its files do not say',
  })(),
  id: Flags.string({ description: 'name of the update (default: that of its folder or file)' }),
  release: Flags.string({ description: 'version of the update' }),
  to: Flags.string({ description: 'content: folder of the guest that its files go to' }),
  argument: Flags.string({
    multiple: true,
    multipleNonGreedy: true,
    description: 'setup program: argument of its silent installation; repeat it, as --argument=/S',
  }),
  verify: Flags.string({ description: 'file of the guest that is there once the update is installed' }),
  uninstall: Flags.string({
    description: 'what takes it out: a program of the guest, or a file of a script update',
  }),
  provider: Flags.option({
    options: ['qemu', 'hyper-v', 'simulated'] as const,
    description: 'what the lab runs machines with (default: qemu for Linux guests, hyper-v for Windows)',
  })(),
  policy: Flags.option({
    options: ['default', 'security-content', 'monthly-driver', 'major-release'] as const,
    description: 'policy to begin with (default: default)',
  })(),
  ci: Flags.option({
    options: ['github', 'azure', 'gitlab', 'jenkins', 'none'] as const,
    description: 'CI system to write a pipeline for',
  })(),
  shards: Flags.integer({
    min: 1,
    max: 64,
    default: 1,
    description: 'runners that share the work in that pipeline, each with a lab of its own',
  }),
  fleet: Flags.string({
    description: 'CSV file of your fleet; its machines become the weights of the matrix',
  }),
}
