import type { FunctionComponent } from 'preact'
import { useState } from 'preact/hooks'
import type { Configuration } from '../../model/matrix.ts'
import { Guarded } from '../parts/guarded.tsx'
import { CoverageTriangle } from './coverage-triangle.tsx'
import { Failures } from './failures.tsx'
import { Health } from './health.tsx'
import { Matrix } from './matrix.tsx'
import { OpenCells } from './open-cells.tsx'
import { Coverage, Files, GateRules, Hosts, Notes, Shards, Stages } from './panels.tsx'
import type { RunData } from './run-data.ts'
import { Suspects } from './suspects.tsx'
import { VerdictBand } from './verdict-band.tsx'

interface PartProps {
  readonly run: RunData
  readonly mark: (values: Configuration | undefined) => void
}

/** The whole run on one page. */
export function Overview({ run }: { readonly run: RunData }) {
  const [marked, mark] = useState<Configuration | undefined>()
  const guarded = (Part: FunctionComponent<PartProps>, place: number) => (
    <Guarded key={place}>
      <Part run={run} mark={mark} />
    </Guarded>
  )
  return (
    <>
      <Guarded>
        <VerdictBand run={run} />
      </Guarded>
      <div class="columns">
        <div class="stack">
          <Guarded>
            <Matrix run={run} marked={marked} />
          </Guarded>
          {[CoverageTriangle, Coverage].map(guarded)}
        </div>
        <div class="stack">{[Failures, OpenCells, Suspects, Stages, Files].map(guarded)}</div>
      </div>
      <div class="stack">{[Health, GateRules, Shards, Hosts, Notes].map(guarded)}</div>
    </>
  )
}
