/** Updates of Windows itself (msu, cab) by DISM. */
import type { GuestCommand } from '../../../model/command.ts'
import type { Context } from '../../../sdk/context.ts'
import type { Artifact, Target } from '../../../sdk/installer.ts'
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
  const folder = '${files}'
  return [
    { program: `${SYSTEM32}\\expand.exe`, arguments: ['-F:Windows*.cab', file, folder] },
    addPackage(folder),
  ]
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
