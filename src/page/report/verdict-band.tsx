import { suspectOf } from '../../model/leading-suspects.ts'
import type { ReportProblem } from '../../model/report-problems.ts'
import { shardText } from '../../model/shard-text.ts'
import { Combination } from '../parts/combination.tsx'
import { count } from '../parts/format.ts'
import { cellHref } from './route.ts'
import type { RunData } from './run-data.ts'

const SIGNS = { release: '✓', hold: '✗', inconclusive: '?' }

/** What a person must know in the first half minute: the decision, what breaks, on which machines, and what brings them back. */
export function VerdictBand({ run }: { readonly run: RunData }) {
  const { audience, gate, report, suspects, problems } = run.page
  const worst = problems.find(({ severity }) => severity === 'fail')
  const suspect = suspectOf(suspects, worst?.signature)
  return (
    <section class={`verdict d-${gate.decision}`} aria-label="Decision">
      <div class="decision">
        <span class="sign" aria-hidden="true">
          {SIGNS[gate.decision]}
        </span>
        <div>
          <h1>{(audience?.result ?? gate.decision).toUpperCase()}</h1>
          <p>{gate.because}</p>
        </div>
      </div>
      {report.run.simulated ? (
        <p class="alarm">Simulated run: no real machine was started. It can release nothing.</p>
      ) : null}
      {report.run.shard === undefined ? null : (
        <p class="alarm">{`Shard ${shardText(report.run.shard)} of a plan: the other cells ran elsewhere. It can release nothing before all are merged.`}</p>
      )}
      {worst === undefined ? null : (
        <dl class="answers">
          <div>
            <dt>What breaks</dt>
            <dd>
              <Cause run={run} problem={worst} />
            </dd>
          </div>
          {audience === undefined ? (
            <div>
              <dt>Where</dt>
              <dd>
                {suspect === undefined ? (
                  <>
                    no combination of values explains it; {count(worst.cells.length, 'cell')} of{' '}
                    {run.cells.length}
                  </>
                ) : (
                  <>
                    <Combination values={suspect.values} />
                    <p class="muted">
                      <span class={`support p-${suspect.support}`}>{suspect.support}</span> {suspect.because}
                    </p>
                  </>
                )}
              </dd>
            </div>
          ) : null}
          <div>
            <dt>What brings it back</dt>
            <dd>
              <Recovery run={run} />
            </dd>
          </div>
        </dl>
      )}
    </section>
  )
}

function Cause({ run, problem }: { readonly run: RunData; readonly problem: ReportProblem }) {
  const first = run.cells[problem.cells[0] ?? -1]
  return (
    <>
      <p class="cause">
        <b>{problem.class}</b>: {problem.summary}
      </p>
      {first === undefined ? null : (
        <p class="muted">
          {`${count(problem.cells.length, 'cell')} of ${run.cells.length}${problem.since === undefined ? '' : `, ${problem.since}`}: `}
          <a href={cellHref(first.id)}>see the first</a> · <a href={cellHref(first.id, 'compare')}>compare</a>
        </p>
      )}
    </>
  )
}

/** Of all cells that needed a recovery: how each was brought back, and how many stayed dead. */
function Recovery({ run }: { readonly run: RunData }) {
  const { recovery } = run.page
  if (recovery.length === 0) return <span class="muted">no machine needed a recovery</span>
  return (
    <ul class="recovery">
      {recovery.map(({ step, broughtBack, cells }) => (
        <li key={`${step} ${broughtBack}`}>
          <b class={broughtBack ? 'good' : 'bad'}>
            {broughtBack ? `✓ ${step}` : `✗ nothing; the last step was ${step}`}
          </b>{' '}
          <span class="muted">on {count(cells, 'cell')}</span>
        </li>
      ))}
    </ul>
  )
}
