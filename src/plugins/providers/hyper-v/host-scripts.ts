/** Runs the scripts of this folder on the host and turns their failures into errors that say whose fault it is. */
import { assetPath } from '../../../kit/assets.ts'
import { AppError } from '../../../model/errors.ts'
import type { Context } from '../../../sdk/context.ts'
import type { PowerShellSession, ScriptCall } from './powershell-session.ts'
import { ScriptError } from './script-envelope.ts'

const SCRIPTS = 'plugins/providers/hyper-v/scripts'

const LIBRARIES = ['machine-library', 'disk-library'].map((name) => assetPath(`${SCRIPTS}/${name}.ps1`))

export type HostScript =
  | 'inspect-host'
  | 'create'
  | 'destroy'
  | 'list'
  | 'power'
  | 'watch'
  | 'thumbnail'
  | 'offline-disk'
  | 'safe-boot'
  | 'seal'
  | 'save-state'
  | 'restore-state'
  | 'probe-commands'
  | 'probe-machine'

/** Anything that runs scripts: a session or a pool of them. */
interface Caller {
  call(call: ScriptCall, ctx: Context): ReturnType<PowerShellSession['call']>
}

/** Error ids and HRESULTs that mean the same on every host, whatever its language (facts of the field, see docs). */
const KNOWN: readonly {
  readonly when: (error: ScriptError) => boolean
  readonly code: string
  readonly hint: string
}[] = [
  {
    when: ({ id, result }) =>
      id.startsWith('OutOfMemory,') || result === '0x8007000E' || result === '0x800705AA',
    code: 'HOST_MEMORY',
    hint: 'lower capacity.memoryMiB of this host in lab.yaml, or end what else uses its memory',
  },
  {
    when: ({ result }) => result === '0x80070070',
    code: 'HOST_DISK_FULL',
    hint: 'free space on the volume of the state folder',
  },
  {
    when: ({ category, result, id }) =>
      id !== 'RZ_NOT_OURS' && (category === 'PermissionDenied' || result === '0x80070005'),
    code: 'HOST_NOT_ELEVATED',
    hint: 'run ringzero in an elevated console: Start-Process powershell -Verb RunAs',
  },
  {
    when: ({ id }) => id.startsWith('RZ_DISK_COLLISION'),
    code: 'HOST_DISK_COLLISION',
    hint: 'another disk of the same image is mounted on the host: run ringzero sweep, or dismount it (Get-Disk shows it); where the host takes no new disk online: Set-StorageSetting -NewDiskPolicy OnlineAll',
  },
  {
    when: ({ id }) => id.startsWith('RZ_DISK_UNREADABLE'),
    code: 'HOST_DISK_UNREADABLE',
    hint: 'look at the reasons: a volume may be encrypted; a disk of the image that the host itself starts from cannot be given a folder (take another image); other disks of this image may be mounted (Get-Disk)',
  },
  {
    when: ({ id, type }) =>
      id.startsWith('CommandNotFoundException') || type.endsWith('CommandNotFoundException'),
    code: 'HOST_HYPER_V_MISSING',
    hint: 'run: Enable-WindowsOptionalFeature -Online -FeatureName Microsoft-Hyper-V-All (on a server: Install-WindowsFeature -Name Hyper-V -IncludeManagementTools), then restart the host',
  },
]

/** @throws AppError fault "host" for what the script reports; what PowerShellSession.call throws for the rest */
export async function runHostScript(
  caller: Caller,
  script: HostScript,
  parameters: Readonly<Record<string, unknown>>,
  ctx: Context,
): Promise<unknown> {
  const call: ScriptCall = {
    script: assetPath(`${SCRIPTS}/${script}.ps1`),
    libraries: LIBRARIES,
    parameters,
  }
  try {
    return await caller.call(call, ctx)
  } catch (error) {
    if (!(error instanceof ScriptError)) throw error
    const known = KNOWN.find(({ when }) => when(error))
    const id = error.id.split(',')[0] ?? ''
    const code = known?.code ?? (id.startsWith('RZ_') ? id.replace('RZ_', 'HOST_') : 'HOST_HYPER_V')
    throw new AppError(
      code,
      'host',
      `${script} (line ${error.position}): ${error.message} [${error.id} ${error.result}]`,
      {
        cause: error,
        ...(known === undefined ? {} : { hint: known.hint }),
      },
    )
  }
}
