/** Windows packages that bring their own commands: an installer program with silent arguments, a vendor's script. */
import { windowsRecipeInstaller } from './recipe.ts'

export const windowsScriptInstaller = windowsRecipeInstaller({ kinds: ['exe', 'script'] })
