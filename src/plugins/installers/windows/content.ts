/** Content updates for Windows guests: files placed in one step each, the sensor told by a service restart or a command. */
import type { Installer } from '../../../sdk/installer.ts'
import { offlineChanges } from '../shared/placed-files.ts'
import { windowsRecipeInstaller } from './recipe.ts'

export const windowsContentInstaller: Installer = {
  ...windowsRecipeInstaller({ kinds: ['content'] }),
  offlineUndo: (artifact, undo) =>
    artifact.recipe.rollback?.restorePlaced === false ? [] : offlineChanges(undo),
}
