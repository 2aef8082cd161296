import { Brand } from '../parts/brand.tsx'
import { count, duration } from '../parts/format.ts'
import type { RunData } from './run-data.ts'

/** Which candidate, which run. */
export function Head({ run }: { readonly run: RunData }) {
  const { candidate, matrix, run: facts } = run.page.report
  const took = facts.endedAt === undefined ? '' : ` · ${duration(facts.endedAt - facts.startedAt)}`
  return (
    <>
      <p class="subject">
        <b>{`${candidate.title} ${candidate.release}`}</b> on {matrix.title}
        <span class="muted">
          {` · ${count(run.cells.length, 'cell')} · run ${facts.id}${facts.state === 'complete' ? '' : ` (${facts.state})`}${took}`}
        </span>
      </p>
      <Brand what="release report" />
    </>
  )
}
