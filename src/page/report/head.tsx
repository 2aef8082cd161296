import type { ReportPage } from '../../model/report-page.ts'
import { Brand } from '../parts/brand.tsx'
import { Facts } from '../parts/facts.tsx'
import { duration } from '../parts/format.ts'
import { OUTCOMES } from '../parts/outcomes.ts'

const SIGNS = { release: '✓', hold: '✗', inconclusive: '?' }

/** Decision, candidate, and the proportions of outcomes. */
export function Head({ data: { report, gate } }: { readonly data: ReportPage }) {
  const { run, candidate } = report
  return (
    <>
      <Brand what="release report" />
      <div class={`decision d-${gate.decision}`}>
        <span class="sign" aria-hidden="true">
          {SIGNS[gate.decision]}
        </span>
        <div>
          <h1>{gate.decision.toUpperCase()}</h1>
          <p>{gate.because}</p>
        </div>
      </div>
      {run.simulated ? (
        <p class="alarm">Simulated run: no real machine was started. It can release nothing.</p>
      ) : null}
      <Facts
        facts={[
          ['candidate', `${candidate.title} ${candidate.release}`],
          ['matrix', report.matrix.title],
          ['run', `${run.id}${run.state === 'complete' ? '' : ` (${run.state})`}`],
          ['took', run.endedAt === undefined ? '–' : duration(run.endedAt - run.startedAt)],
          ['seed', String(run.seed)],
          ['sha256', `${candidate.sha256.slice(0, 12)}…`],
        ]}
      />
      <div class="bar" aria-hidden="true">
        {OUTCOMES.filter((outcome) => report.counts[outcome] > 0).map((outcome) => (
          <span key={outcome} class={`o-${outcome}`} style={{ flexGrow: String(report.counts[outcome]) }} />
        ))}
      </div>
    </>
  )
}
