import type { RingPage } from '../../model/rings.ts'
import { Card } from '../parts/card.tsx'

/** What speaks against the plan, what to watch, and the decision on the next ring where there is one. */
export function Advice({ page: { plan } }: { readonly page: RingPage }) {
  const { decision } = plan
  return (
    <>
      {decision === undefined ? null : (
        <Card id="decision" title={`${decision.decision}: ring ${decision.nextRing}`} note={decision.because}>
          <p>{`${decision.failed} of ${decision.reported} machines that reported failed; ${decision.budgetLeft} more may break.`}</p>
        </Card>
      )}
      <Card id="watch" title="Watch" note="in every ring">
        <ul>
          {plan.watch.map((line) => (
            <li key={line}>{line}</li>
          ))}
        </ul>
      </Card>
      {plan.warnings.length === 0 ? null : (
        <Card id="warnings" title="Warnings" note="before anything is deployed">
          <ul>
            {plan.warnings.map((line) => (
              <li key={line}>{line}</li>
            ))}
          </ul>
        </Card>
      )}
    </>
  )
}
