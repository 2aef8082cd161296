/** Makes machines with the QEMU of this Linux host. */
import { z } from 'zod'
import { AppError } from '../../../model/errors.ts'
import type { ProviderFactory } from '../../../sdk/provider.ts'
import { qemuVersion } from '../shared/qemu/qemu-facts.ts'
import { QemuProvider } from '../shared/qemu/qemu-provider.ts'
import { inspectQemuHost } from './inspect-host.ts'
import { processHost } from './process-host.ts'

const OptionsSchema = z.strictObject({
  program: z.string().min(1).max(1024).default('qemu-system-x86_64').describe('the QEMU program'),
  accelerator: z.enum(['auto', 'kvm', 'tcg']).default('auto'),
})

export const qemuProviderFactory: ProviderFactory = {
  name: 'qemu',
  platforms: ['linux', 'darwin'],
  async open({ name, options, stateFolder }) {
    const parsed = OptionsSchema.safeParse(options)
    if (!parsed.success)
      throw new AppError('LAB_HOST_OPTIONS', 'user', `host ${name}: ${z.prettifyError(parsed.error)}`, {
        hint: 'the options of a qemu host are program and accelerator (auto, kvm, tcg)',
      })
    const { program, accelerator } = parsed.data
    const host = processHost(program)
    return await Promise.resolve(
      new QemuProvider(host, {
        accelerator,
        stateFolder,
        inspect: async (choose, ctx) => await inspectQemuHost(host, choose, ctx),
        refuse: async (ctx) =>
          (await qemuVersion(host, ctx)) === undefined
            ? `${program} is not installed (Debian package qemu-system-x86)`
            : undefined,
      }),
    )
  },
}
