/** Packages for Linux guests that bring their own commands: a vendor's script, an installer program, a kernel module. */
import { linuxPlacer } from './placer.ts'
import { recipeInstaller } from '../shared/recipe-installer.ts'

export const scriptInstaller = recipeInstaller({
  kinds: ['script', 'exe', 'driver'],
  os: ['linux'],
  placer: linuxPlacer(),
})
