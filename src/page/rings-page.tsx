/** The page of a deployment: `ringzero rings --html FILE`. */
import { render } from 'preact'
import type { RingPage } from '../model/rings.ts'
import { Brand } from './parts/brand.tsx'
import { count } from './parts/format.ts'
import { Guarded } from './parts/guarded.tsx'
import { readBlock } from './read-data.ts'
import { Advice } from './rings/advice.tsx'
import { Configurations } from './rings/configurations.tsx'
import { Schedule } from './rings/schedule.tsx'
import './styles/theme.css'
import './styles/frame.css'
import './styles/matrix.css'
import './styles/panels.css'
import './styles/run.css'
import './styles/history.css'
import './styles/rings.css'
import './styles/narrow.css'
import './styles/print.css'

function Page({ page }: { readonly page: RingPage }) {
  const { plan, toolVersion } = page
  return (
    <>
      <a class="skip" href="#content">
        Skip to the content
      </a>
      <header id="head">
        <h1 class="subject">{titleOf(page)}</h1>
        <Brand what={plan.simulated ? 'rings (rehearsal)' : 'rings'} />
      </header>
      <main id="content" tabIndex={-1} class="stack">
        <p>
          {`${count(plan.fleet, 'machine')}, ${plan.heldBack} held back; ${plan.budget} may break, the worst fault that the lab left possible is expected to break ${plan.worstExpected.toFixed(1)}. The gate says ${plan.gate}.`}
        </p>
        {[Schedule, Advice, Configurations].map((Part, place) => (
          <Guarded key={place}>
            <Part page={page} />
          </Guarded>
        ))}
      </main>
      <footer>
        {`ringzero ${toolVersion} · run ${plan.run} · candidate ${plan.candidate.sha256.slice(0, 12)}`}
      </footer>
    </>
  )
}

function titleOf({ plan: { candidate, rings } }: RingPage): string {
  return `${candidate.id} ${candidate.release}: ${count(rings.length, 'ring')}`
}

const page = JSON.parse(await readBlock('data')) as RingPage
document.title = `${titleOf(page)} · ringzero`
render(<Page page={page} />, document.getElementById('page')!)
