/** What hardware a machine pretends to have. One schema for every provider; a provider says at plan time what it cannot give. */
import { z } from 'zod'

export const DiskBusSchema = z.enum(['virtio', 'ide', 'sata', 'nvme', 'scsi'])
export const FirmwareSchema = z.enum(['bios', 'uefi', 'uefi-secure-boot'])
export const NicModelSchema = z.enum([
  'none',
  'virtio',
  'e1000',
  'e1000e',
  'vmxnet3',
  'rtl8139',
  'synthetic',
  'legacy',
])

const CpuSchema = z.strictObject({
  model: z
    .string()
    .max(64)
    .optional()
    .describe('CPU model by the provider’s name, as "qemu64", "Skylake-Client", "max"'),
  count: z.int().min(1).max(240).optional().describe('virtual processors'),
  features: z
    .array(z.string().regex(/^[+-]?[a-z0-9._-]+$/i))
    .max(64)
    .optional()
    .describe('CPU flags to add or, with a leading "-", to remove'),
})

const shape = {
  cpu: CpuSchema.optional(),
  memoryMiB: z.int().min(64).max(4_194_304).optional(),
  dynamicMemory: z
    .strictObject({ minimumMiB: z.int().min(32), maximumMiB: z.int().min(64) })
    .optional()
    .describe('Hyper-V only'),
  numaNodes: z.int().min(1).max(64).optional(),
  disk: z
    .strictObject({ bus: DiskBusSchema.optional(), sizeGiB: z.int().min(1).max(65_536).optional() })
    .optional(),
  machineType: z.enum(['pc', 'q35']).optional().describe('QEMU only'),
  generation: z.literal([1, 2]).optional().describe('Hyper-V only'),
  configurationVersion: z
    .string({ error: 'write a version in quotes, as "9.0"' })
    .regex(/^[1-9]\d?\.\d$/, 'write a version in quotes, as "9.0"')
    .optional()
    .describe('of the virtual machine, as Get-VMHostSupportedVersion lists them; Hyper-V only'),
  firmware: FirmwareSchema.optional(),
  secureBootTemplate: z
    .enum(['MicrosoftWindows', 'MicrosoftUEFICertificateAuthority', 'OpenSourceShieldedVM'])
    .optional(),
  tpm: z.enum(['none', '2.0']).optional(),
  nestedVirtualization: z.boolean().optional(),
  network: z
    .strictObject({
      model: NicModelSchema.optional(),
      access: z
        .enum(['none', 'isolated', 'open'])
        .optional()
        .describe('"isolated": a card without a way out; "open" must be granted by the lab'),
      macSpoofing: z.boolean().optional(),
    })
    .optional(),
  clock: z.iso
    .datetime({ offset: true, error: 'write a date and time, as 2026-01-31T12:00:00Z' })
    .optional()
    .describe('the guest’s clock at start'),
} as const

/** A part of a profile, as one value of an axis contributes it. */
export const MachineFragmentSchema = z.strictObject(shape)
export type MachineFragment = z.infer<typeof MachineFragmentSchema>

/** The whole profile of a cell: the matrix' defaults merged with the fragment of each of the cell's values. */
export const MachineProfileSchema = MachineFragmentSchema.required({ memoryMiB: true }).extend({
  cpu: CpuSchema.required({ count: true }),
})
export type MachineProfile = z.infer<typeof MachineProfileSchema>

/** What a cell gets when neither the matrix nor the lab says anything. */
export const DEFAULT_PROFILE = { cpu: { count: 1 }, memoryMiB: 1024 } as const satisfies MachineFragment
