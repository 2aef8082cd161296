/** Windows Installer packages by msiexec, without a person and without a restart of its own. */
import { guestFile, mainFileOf, windowsRecipeInstaller } from './recipe.ts'

const MSIEXEC = 'C:\\Windows\\System32\\msiexec.exe'
/** Outlives the transfer folder, so that a failed installation can be read afterwards, also from a dead disk. */
const LOG = 'C:\\Windows\\Temp\\ringzero-msi.log'
const QUIET = ['/qn', '/norestart', 'REBOOT=ReallySuppress', '/l*vx', LOG]

export const windowsMsiInstaller = windowsRecipeInstaller({
  kinds: ['msi'],
  tool: 'msiexec',
  async commands(artifact) {
    const file = guestFile(mainFileOf(artifact, '.msi'))
    return {
      install: [{ program: MSIEXEC, arguments: ['/i', file, ...QUIET] }],
      rollback: [{ program: MSIEXEC, arguments: ['/x', file, ...QUIET] }],
    }
  },
})
