/** Files of the installed products: what one product's update quarantines is most often its neighbour. */
import type { Fact } from '../../../model/observation.ts'
import type { Check } from '../../../sdk/check.ts'
import { EVERY_MOMENT } from '../shared/moments.ts'
import { recipePaths } from '../shared/recipe-paths.ts'
import { watchFiles } from '../shared/watch-files.ts'

export const productFiles: Check = {
  id: 'product-files',
  title: 'no file of an installed product is missing or changed',
  moments: EVERY_MOMENT,
  os: ['linux', 'windows'],
  async run(target, ctx) {
    const { candidate, os } = target
    const except = new Set(recipePaths(candidate?.recipes, os.name))
    const facts: Fact[] = []
    for (const product of target.products) {
      const own = product.health[os.name]?.protectedFiles ?? []
      const paths = [...new Set([...own, ...recipePaths(product.recipes, os.name)])]
      if (paths.length === 0) continue
      // An installer may replace its own product's files; a content update only what its recipe names.
      const changesAllowed = candidate?.product === product.id && candidate.kind !== 'content'
      const subject = `product-files:${product.id}`
      facts.push(...(await watchFiles({ subject, paths, except, changesAllowed }, target, ctx)))
    }
    return facts
  },
}
