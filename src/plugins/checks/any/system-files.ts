/** Files of the operating system that must not go or change by themselves: the July 2012 kind of quarantine. */
import type { Check } from '../../../sdk/check.ts'
import { EVERY_MOMENT } from '../shared/moments.ts'
import { recipePaths } from '../shared/recipe-paths.ts'
import { watchFiles } from '../shared/watch-files.ts'

/** These candidates are updates of the system itself. */
const SYSTEM_KINDS: ReadonlySet<string> = new Set(['msu', 'cab'])

export const systemFiles: Check = {
  id: 'system-files',
  title: 'no file of the system is missing or changed',
  moments: EVERY_MOMENT,
  os: ['linux', 'windows'],
  run: (target, ctx) =>
    watchFiles(
      {
        subject: 'system-files',
        paths: target.os.systemFiles(),
        except: new Set(recipePaths(target.candidate?.recipes, target.os.name)),
        changesAllowed: SYSTEM_KINDS.has(target.candidate?.kind ?? ''),
      },
      target,
      ctx,
    ),
}
