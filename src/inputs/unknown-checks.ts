/** A misspelt check in a matrix would silently not run, and a cell without that check would pass. */
import { nearestWord } from '../kit/nearest-word.ts'
import { oneLine } from '../kit/text.ts'
import type { Problem } from '../model/errors.ts'
import type { Check } from '../sdk/check.ts'
import type { LoadedMatrix } from './load-matrix.ts'

/** Ids in `checks.only` and `checks.skip` that no loaded check has. */
export function findUnknownChecks(loaded: LoadedMatrix, checks: readonly Check[]): Problem[] {
  const known = checks.map((check) => check.id)
  return (['only', 'skip'] as const).flatMap((list) =>
    (loaded.matrix.checks?.[list] ?? []).flatMap((id, index): Problem[] => {
      if (known.includes(id)) return []
      const near = nearestWord(id, known)
      return [
        {
          message: `there is no check "${oneLine(id, 80)}"`,
          hint: near === undefined ? `use some of: ${known.join(', ')}` : `did you mean "${near}"?`,
          where: { file: loaded.file, field: `checks.${list}[${index}]` },
        },
      ]
    }),
  )
}
