/** The page of a run: `index.html` of the report folder. */
import { render } from 'preact'
import { useEffect } from 'preact/hooks'
import type { ReportPage } from '../model/report-page.ts'
import { AxesContext } from './parts/axes.ts'
import { Guarded } from './parts/guarded.tsx'
import { readBlock } from './read-data.ts'
import { CellPage } from './report/cell-page.tsx'
import { Head } from './report/head.tsx'
import { Overview } from './report/overview.tsx'
import { useRoute } from './report/route.ts'
import { RunData } from './report/run-data.ts'
import './styles/theme.css'
import './styles/frame.css'
import './styles/matrix.css'
import './styles/panels.css'
import './styles/run.css'
import './styles/cell.css'
import './styles/compare.css'
import './styles/narrow.css'
import './styles/print.css'

function Page({ run }: { readonly run: RunData }) {
  const route = useRoute((id) => run.cell(id) !== undefined)
  const cell = route.at === 'cell' ? run.cell(route.cell) : undefined
  const { audience, report, gate } = run.page
  useEffect(() => {
    const candidate = `${report.candidate.title} ${report.candidate.release}`
    document.title = `${cell === undefined ? (audience?.result ?? gate.decision) : `${cell.outcome}: ${run.valuesOf(cell)}`}: ${candidate} · ringzero`
  }, [audience, cell, gate, report, run])
  return (
    <AxesContext.Provider value={run.axes}>
      <a class="skip" href="#content" onClick={skip}>
        Skip to the content
      </a>
      <header id="head">
        <Guarded>
          <Head run={run} />
        </Guarded>
      </header>
      <main id="content" tabIndex={-1}>
        {route.at === 'cell' && cell !== undefined ? (
          <Guarded key={cell.id}>
            <CellPage run={run} cell={cell} tab={route.tab} />
          </Guarded>
        ) : (
          <Overview run={run} />
        )}
      </main>
      <footer>
        {audience === undefined
          ? `ringzero ${report.tool.version} · seed ${report.run.seed} · candidate ${report.candidate.sha256.slice(0, 12)} · plan ${report.run.plan.slice(0, 12)} · policy ${gate.policy} ${gate.policySha256.slice(0, 12)}`
          : `${audience.tlp} · ringzero ${report.tool.version} · candidate ${report.candidate.sha256.slice(0, 12)}`}
      </footer>
    </AxesContext.Provider>
  )
}

/** The address names a place of the run, so it stays as it is. */
function skip(event: Event): void {
  event.preventDefault()
  document.getElementById('content')?.focus()
}

const run = new RunData(JSON.parse(await readBlock('data')) as ReportPage)
render(<Page run={run} />, document.getElementById('page')!)
