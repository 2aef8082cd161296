/** What is said of items that are different about a machine. */
import type { FactOf } from '../../model/observation.ts'

type Change = FactOf<'change'>
/** `permissions`: nothing of the item changed but who may do what with it. */
export type ChangeSort = Change['what'] | 'permissions'

/** Items of which a report tells what became of them. */
const SHOWN = 40

/** Of the items of one finding, which are of one sort, moment and owner. */
export function changeSentences(
  items: readonly Change[],
  sort: ChangeSort,
): { readonly summary: string; readonly seen: string; readonly expected: string } {
  const names = items.map(({ item, count }) => (count > 1 ? `${item} (${count} files)` : item))
  const others = names.length > 3 ? ` and ${names.length - 3} more` : ''
  const more = names.length > SHOWN ? `; and ${names.length - SHOWN} more` : ''
  const [first] = items as [Change, ...Change[]]
  const seen = items.slice(0, SHOWN).map(({ item, after }) => `${item}: ${after}`)
  const before = items.slice(0, 5).map((entry) => entry.before)
  return {
    summary: `${names.slice(0, 3).join(', ')}${others} ${verbOf(first, sort)}${ownerOf(first)}`,
    seen: `${seen.join('; ')}${more}`,
    expected: `as before the candidate, and as on the control: ${before.join('; ')}`,
  }
}

function verbOf({ moment }: Change, sort: ChangeSort): string {
  const rolledBack = moment === 'after-rollback'
  if (rolledBack && sort === 'new') return 'left behind after the rollback'
  const when = rolledBack ? ' after the rollback' : ''
  return `${sort === 'permissions' ? 'with other permissions or owners' : sort}${when}`
}

function ownerOf({ belongsTo }: Change): string {
  if (belongsTo === 'nobody') return ''
  return belongsTo === 'system' ? ' (of the system)' : ` (of ${belongsTo})`
}
