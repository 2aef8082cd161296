/** The page of a plan: `ringzero plan --html FILE`. */
import { render } from 'preact'
import { useMemo, useState } from 'preact/hooks'
import type { Configuration } from '../model/matrix.ts'
import type { PlanPage } from '../model/plan-page.ts'
import { Axes, AxesContext } from './parts/axes.ts'
import { Guarded } from './parts/guarded.tsx'
import { Cells } from './plan/cells.tsx'
import { Coverage, Impossible, Uncovered } from './plan/coverage.tsx'
import { Head } from './plan/head.tsx'
import { PairMap } from './plan/pair-map.tsx'
import { PairTable } from './plan/pair-table.tsx'
import { worstPair } from './plan/pairs.ts'
import { readBlock } from './read-data.ts'
import './styles/theme.css'
import './styles/frame.css'
import './styles/matrix.css'
import './styles/cell.css'
import './styles/panels.css'
import './styles/plan.css'
import './styles/narrow.css'
import './styles/plan-narrow.css'

/** From so many axes on the map needs the room. */
const WIDE_AXES = 14

function Page({ data }: { readonly data: PlanPage }) {
  const axes = useMemo(() => new Axes(data.plan.axes), [data])
  const [pair, choosePair] = useState(() => worstPair(data))
  const [marked, mark] = useState<Configuration | undefined>()
  return (
    <AxesContext.Provider value={axes}>
      <a class="skip" href="#cells">
        Skip to the cells
      </a>
      <header>
        <Guarded>
          <Head data={data} />
        </Guarded>
      </header>
      <main>
        <Guarded>
          <PairMap data={data} chosen={pair} choose={choosePair} />
        </Guarded>
        {pair === undefined ? null : (
          <Guarded>
            <PairTable key={pair.axes.join('\n')} data={data} pair={pair} mark={mark} />
          </Guarded>
        )}
        <div id="panels">
          <Guarded>
            <Coverage data={data} />
          </Guarded>
          <Guarded>
            <Uncovered data={data} />
          </Guarded>
          <Guarded>
            <Impossible data={data} />
          </Guarded>
          <Guarded>
            <Cells data={data} marked={marked} />
          </Guarded>
        </div>
      </main>
      <footer>
        {[
          `ringzero ${data.toolVersion}`,
          `plan ${data.plan.id.slice(0, 12)}`,
          ...data.plan.inputs.map(({ role, name, sha256 }) => `${role} ${name} ${sha256.slice(0, 12)}`),
        ].join(' · ')}
      </footer>
    </AxesContext.Provider>
  )
}

const data = JSON.parse(await readBlock('data')) as PlanPage
document.title = `plan: ${data.plan.title ?? data.plan.matrix} · ringzero`
document.body.classList.toggle('wide', data.plan.axes.length > WIDE_AXES)
render(<Page data={data} />, document.getElementById('page')!)
