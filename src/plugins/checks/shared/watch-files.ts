/** Compares files with what they were at the baseline: what is missing or changed was quarantined, repaired or overwritten. */
import { blind, expectation, look } from './look.ts'
import type { Fact } from '../../../model/observation.ts'
import type { CheckTarget } from '../../../sdk/check.ts'
import type { Context } from '../../../sdk/context.ts'

/** Files of one watch; more are counted, not hashed. */
const MOST_FILES = 5000
const SHOWN = 40

export interface FileWatch {
  /** Names the watch in facts and in the check's memory, as `system-files` or `product-files:netwatch`. */
  readonly subject: string
  readonly paths: readonly string[]
  /** Paths that the candidate itself is allowed to replace. */
  readonly except: ReadonlySet<string>
  /** The candidate replaces files of this owner by its nature: then only a missing file counts. */
  readonly changesAllowed: boolean
}

/** An expectation ("as at the baseline"); blind where that cannot be said. */
export async function watchFiles(
  watch: FileWatch,
  target: CheckTarget,
  ctx: Context,
): Promise<readonly Fact[]> {
  const looked = await look(watch.subject, () => target.os.files(watch.paths, target.guest, ctx, MOST_FILES))
  if (looked.blind !== undefined) return [looked.blind]
  const now = Object.fromEntries([...looked.value.files].map(([path, file]) => [path, file.sha256]))
  const before = target.memory.get(watch.subject) as Readonly<Record<string, string>> | undefined
  if (target.moment === 'baseline') target.memory.set(watch.subject, now)
  if (target.moment === 'baseline') return atBaseline(watch, now)
  if (before === undefined) return [blind(watch.subject, 'its files were not hashed at the baseline')]
  return [compare(watch, before, now, target, looked.value.cut > 0)]
}

function atBaseline(watch: FileWatch, now: Readonly<Record<string, string>>): readonly Fact[] {
  if (Object.keys(now).length > 0 || watch.paths.length === 0) return []
  return [blind(watch.subject, `none of its ${watch.paths.length} files exists in this guest`)]
}

function compare(
  watch: FileWatch,
  before: Readonly<Record<string, string>>,
  now: Readonly<Record<string, string>>,
  target: CheckTarget,
  isCut: boolean,
): Fact {
  const rolledBack = target.moment === 'after-rollback'
  const watched = Object.entries(before).filter(([path]) => rolledBack || !watch.except.has(path))
  const damaged = watched.flatMap(([path, hash]) => {
    const seen = now[path]
    // A cut list never proves that something is gone.
    if (seen === undefined) return isCut ? [] : [`${path} is missing`]
    return seen === hash || (watch.changesAllowed && !rolledBack) ? [] : [`${path} changed`]
  })
  const more = damaged.length > SHOWN ? `; and ${damaged.length - SHOWN} more` : ''
  return expectation(rolledBack ? 'rollback-incomplete' : 'false-positive-quarantine', {
    subject: watch.subject,
    expected: `${watched.length} files as at the baseline`,
    seen: damaged.length === 0 ? 'as at the baseline' : `${damaged.slice(0, SHOWN).join('; ')}${more}`,
    holds: damaged.length === 0,
  })
}
