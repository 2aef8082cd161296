import { Brand } from '../parts/brand.tsx'
import { count, duration } from '../parts/format.ts'
import type { RunData } from './run-data.ts'

/** Which candidate, which run. */
export function Head({ run }: { readonly run: RunData }) {
  const { audience, report } = run.page
  const { candidate, matrix, run: facts } = report
  const took = facts.endedAt === undefined ? '' : ` · ${duration(facts.endedAt - facts.startedAt)}`
  return (
    <>
      <p class="subject">
        <b>{titleOf(candidate)}</b> {audience === undefined ? 'on' : 'for'} {matrix.title}
        <span class="muted">
          {` · ${count(run.cells.length, 'cell')} · run ${facts.id}${facts.state === 'complete' ? '' : ` (${facts.state})`}${took}`}
        </span>
      </p>
      <Brand what={audience === undefined ? 'release report' : 'compatibility report'} />
    </>
  )
}

/** Title and release; a title that says the release itself says it once. */
function titleOf({ title, release }: { readonly title: string; readonly release: string }): string {
  return title.split(/[\s,;()]+/).includes(release) ? title : `${title} ${release}`
}
