/** Builds a Windows image on the lab's Hyper-V host, through a PowerShell session of its own. */
import { AppError } from '../model/errors.ts'
import type { ImageManifest } from '../model/image.ts'
import type { LabImage } from '../model/lab.ts'
import { buildWindowsImage } from '../lab/windows/build-windows-image.ts'
import { parseHyperVOptions } from '../plugins/providers/hyper-v/hyper-v-options.ts'
import { PowerShellSession } from '../plugins/providers/hyper-v/powershell-session.ts'
import { ScriptError } from '../plugins/providers/hyper-v/script-envelope.ts'
import type { Context } from '../sdk/context.ts'
import type { OpenLab } from './open-lab.ts'

/** @throws AppError fault user for what is wrong in the entry, or when the lab has no Hyper-V host; host when the building failed */
export async function buildWindowsImageOn(
  opened: OpenLab,
  image: LabImage,
  ctx: Context,
): Promise<ImageManifest> {
  const { lab } = opened
  const host = lab.hosts.find((entry) => entry.provider === 'hyper-v')
  if (host === undefined) {
    throw new AppError(
      'LAB_HOST',
      'user',
      `the image "${image.id}" is built on a Hyper-V host, and the lab has none`,
      {
        where: { file: lab.file, field: 'hosts' },
        hint: 'add a host with provider: hyper-v, or give a finished disk with kind: disk',
      },
    )
  }
  const { powerShell } = parseHyperVOptions(host.name, host.options ?? {})
  const session = new PowerShellSession({ executable: powerShell })
  const runScript: Parameters<typeof buildWindowsImage>[3]['runScript'] = async (call, inner) => {
    try {
      return await session.call(call, inner)
    } catch (error) {
      if (!(error instanceof ScriptError)) throw error
      throw new AppError('HOST_IMAGE', 'host', `building "${image.id}": ${error.message}`, {
        hint: 'fix it and build again: finished steps are kept',
        cause: error,
      })
    }
  }
  try {
    return await buildWindowsImage(
      image,
      lab.folder,
      lab.storeFolder,
      { runScript, secret: opened.secret },
      ctx,
    )
  } finally {
    session.kill()
  }
}
