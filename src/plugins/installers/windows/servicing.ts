/** Updates of Windows itself (msu, cab) by DISM. */
import { join } from 'node:path'
import type { GuestCommand } from '../../../model/command.ts'
import type { Context } from '../../../sdk/context.ts'
import type { Artifact, Target } from '../../../sdk/installer.ts'
import { cabinetFileNames } from './cabinet.ts'
import { guestFile, mainFileOf, windowsOf, windowsRecipeInstaller } from './recipe.ts'

const SYSTEM32 = 'C:\\Windows\\System32'
/** From this build on DISM takes an .msu of a running system as it is; before, its cabinet has to be taken out. */
const TAKES_MSU = 20_348

export const windowsServicingInstaller = windowsRecipeInstaller({
  kinds: ['msu', 'cab'],
  tool: 'dism',
  commands: async (artifact, target, ctx) => ({
    install: await installCommands(artifact, target, ctx),
    rollback: await rollbackCommands(artifact, target, ctx),
  }),
})

async function installCommands(artifact: Artifact, target: Target, ctx: Context): Promise<GuestCommand[]> {
  const file = guestFile(mainFileOf(artifact, `.${artifact.kind}`))
  if (artifact.kind === 'cab') return [addPackage(file)]
  const { build } = await target.os.boot(target.guest, ctx)
  if (Number(build.split('.')[0]) >= TAKES_MSU) return [addPackage(file)]
  return await unpackedCommands(artifact, file)
}

/**
 * Adds the cabinets of an .msu one by one, the servicing stack first: an update that brings one needs it (0x800f0823). They are
 * unpacked into a folder of their own, as DISM refuses a folder with an .msu in it.
 */
async function unpackedCommands(artifact: Artifact, file: string): Promise<GuestCommand[]> {
  const folder = '${files}\\cabinets'
  const names = await cabinetFileNames(join(artifact.folder, mainFileOf(artifact, '.msu')))
  const cabinets = names?.filter((name) => /^[\w.-]+\.cab$/.test(name)) ?? []
  const packages = [
    ...cabinets.filter((name) => /^SSU-/i.test(name)),
    ...cabinets.filter((name) => /^Windows/i.test(name)),
  ]
  const make: GuestCommand = {
    program: `${SYSTEM32}\\cmd.exe`,
    arguments: ['/d', '/c', 'mkdir', folder],
  }
  const unpack = (pattern: string): GuestCommand => ({
    program: `${SYSTEM32}\\expand.exe`,
    arguments: [`-F:${pattern}`, file, folder],
  })
  // What cannot be read here is left to the guest, which takes the cabinets in an order of its own.
  if (packages.length === 0) return [make, unpack('Windows*.cab'), addPackage(folder)]
  return [make, ...packages.map(unpack), ...packages.map((name) => addPackage(`${folder}\\${name}`))]
}

function addPackage(path: string): GuestCommand {
  return dism('/Add-Package', `/PackagePath:${path}`)
}

function dism(...rest: readonly string[]): GuestCommand {
  return { program: `${SYSTEM32}\\dism.exe`, arguments: ['/Online', ...rest, '/Quiet', '/NoRestart'] }
}

/** Only a named package can be taken out again; Windows refuses for servicing stacks and some cumulative updates. */
async function rollbackCommands(artifact: Artifact, target: Target, ctx: Context): Promise<GuestCommand[]> {
  const wanted = artifact.recipe.verify?.package
  if (wanted === undefined) return []
  const { packages } = await windowsOf(target).servicing([wanted], target.guest, ctx)
  const here = Object.keys(packages).filter((name) =>
    /^(?:Installed|InstallPending)$/.test(packages[name] ?? ''),
  )
  return (here.length === 0 ? [wanted] : here).map((name) => dism('/Remove-Package', `/PackageName:${name}`))
}
