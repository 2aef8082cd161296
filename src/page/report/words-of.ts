import type { PageCell } from '../../model/report-page.ts'
import type { Axes } from '../parts/axes.ts'

/** All that a filter looks at, in lower case. */
export function wordsOf({ planned, verdict }: PageCell, axes: Axes): string {
  return [
    planned.id,
    planned.stage,
    verdict.blame,
    verdict.because,
    ...Object.entries(planned.configuration).flatMap(([axis, value]) => [
      `${axis}=${value}`,
      axes.value(axis, value),
    ]),
    ...verdict.symptoms.map(({ signature }) => signature),
  ]
    .join(' ')
    .toLowerCase()
}
