/** Content updates for Linux guests: files placed in one step each, the reader told by a service restart or a command. */
import { linuxPlacer } from './placer.ts'
import { recipeInstaller } from '../shared/recipe-installer.ts'

export const contentInstaller = recipeInstaller({
  kinds: ['content'],
  os: ['linux'],
  placer: linuxPlacer(),
})
