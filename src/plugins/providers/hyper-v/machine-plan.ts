/** A machine's specification as the parameters of create.ps1. Pure. */
import { join } from 'node:path'
import type { MachineRef } from '../../../model/machine-ref.ts'
import type { MachineSpec } from '../../../sdk/provider.ts'
import type { HyperVOptions } from './hyper-v-options.ts'
import { generationOf } from './refuse-profile.ts'

const MIB = 1024 * 1024
const GIB = 1024 * MIB

/** Files of a machine below its folder. */
export interface MachineFiles {
  readonly disk: string
  readonly mountFolder: string
  readonly serialLog: string
}

/** Where a machine keeps its files. */
export function machineFiles(folder: string): MachineFiles {
  return {
    disk: join(folder, 'overlay.vhdx'),
    mountFolder: join(folder, 'mounted'),
    serialLog: join(folder, 'serial.log'),
  }
}

/**
 * Characters that a machine's folder may have on Windows: Windows PowerShell 5.1 takes paths of 259, and files of a guest
 * are read below `mounted\\partition-N`, of which the longest (an event log of a long name) has some 120.
 */
const FOLDER_LENGTH = 115

/** Why a machine cannot lie in this folder; undefined when it can. */
export function refuseFolder(folder: string, platform: NodeJS.Platform): string | undefined {
  return platform !== 'win32' || folder.length <= FOLDER_LENGTH
    ? undefined
    : `the path ${folder} has ${folder.length} characters; Windows PowerShell 5.1 could not reach the files of a guest below it, ${FOLDER_LENGTH} are possible`
}

/** The VM's notes: which run and cell it belongs to, so that a sweep finds it after a kill. */
export function machineNotes(ref: MachineRef, folder: string): string {
  const { provider, host, run, cell, arm, attempt, name } = ref
  return JSON.stringify({ ringzero: 1, provider, host, run, cell, arm, attempt, name, folder })
}

/** Ref and folder of a VM with our notes; undefined for anybody else's. */
export function readNotes(notes: string): { readonly ref: MachineRef; readonly folder: string } | undefined {
  try {
    const { ringzero, folder, ...ref } = JSON.parse(notes) as Record<string, unknown>
    if (ringzero !== 1 || typeof folder !== 'string' || typeof ref['name'] !== 'string') return undefined
    return { ref: { ...(ref as unknown as MachineRef), details: {} }, folder }
  } catch {
    return undefined
  }
}

/** The end of the serial line on the host. */
export function serialPipe(name: string, folder: string, platform: NodeJS.Platform): string {
  return platform === 'win32' ? `\\\\.\\pipe\\ringzero-${name}` : join(folder, 'serial.sock')
}

/** Parameters of create.ps1. */
export function createParameters(
  spec: MachineSpec,
  options: HyperVOptions,
  platform: NodeJS.Platform = process.platform,
): Readonly<Record<string, unknown>> {
  const { profile, folder, ref } = spec
  const { dynamicMemory: dynamic, numaNodes } = profile
  const secure = profile.firmware === 'uefi-secure-boot'
  return {
    name: ref.name,
    notes: machineNotes(ref, folder),
    folder,
    disk: machineFiles(folder).disk,
    parent: (spec.savedState ?? spec.source).disk,
    configuration: spec.savedState?.further?.find((path) => path.endsWith('.vmcx')) ?? null,
    diskBytes: profile.disk?.sizeGiB === undefined ? null : profile.disk.sizeGiB * GIB,
    generation: generationOf(profile),
    configurationVersion: profile.configurationVersion ?? null,
    processors: profile.cpu.count,
    processorsPerNumaNode: numaNodes === undefined ? null : Math.ceil(profile.cpu.count / numaNodes),
    memoryBytes: profile.memoryMiB * MIB,
    memoryPerNumaNodeBytes:
      numaNodes === undefined ? null : Math.ceil(profile.memoryMiB / numaNodes / 2) * 2 * MIB,
    dynamicMemory:
      dynamic === undefined
        ? null
        : { minimumBytes: dynamic.minimumMiB * MIB, maximumBytes: dynamic.maximumMiB * MIB },
    secureBootTemplate: secure ? (profile.secureBootTemplate ?? 'MicrosoftWindows') : null,
    tpm: profile.tpm === '2.0',
    nested: profile.nestedVirtualization === true,
    network: networkOf(spec, options),
    pipe: serialPipe(ref.name, folder, platform),
  }
}

/** A card on a private switch of its own unless something else is asked for: guests then reach no other machine. */
function networkOf(spec: MachineSpec, options: HyperVOptions): Readonly<Record<string, unknown>> | null {
  const { model, access, macSpoofing } = spec.profile.network ?? {}
  if (model === 'none' || access === 'none') return null
  const open = access === 'open' && spec.allowNetwork
  return {
    legacy: model === 'legacy',
    macSpoofing: macSpoofing === true,
    switch: open ? (options.openSwitch ?? null) : null,
  }
}
