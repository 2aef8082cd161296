/** The page of a run: `index.html` of the report folder. */
import { render } from 'preact'
import { useEffect, useMemo, useState } from 'preact/hooks'
import type { Configuration } from '../model/matrix.ts'
import type { ReportPage } from '../model/report-page.ts'
import { Axes, AxesContext } from './parts/axes.ts'
import { Guarded } from './parts/guarded.tsx'
import { readData } from './read-data.ts'
import { CellPanel } from './report/cell-panel.tsx'
import { Head } from './report/head.tsx'
import { Matrix } from './report/matrix.tsx'
import { Coverage, GateRules, Hosts, Notes, Stages } from './report/panels.tsx'
import { Suspects } from './report/suspects.tsx'
import './styles/theme.css'
import './styles/frame.css'
import './styles/matrix.css'
import './styles/cell.css'
import './styles/panels.css'
import './styles/narrow.css'

function Page({ data }: { readonly data: ReportPage }) {
  const axes = useMemo(() => new Axes(data.report.matrix.axes), [data])
  const [chosen, choose] = useState(() => firstCell(data))
  const [suspect, markSuspect] = useState<Configuration | undefined>()
  const open = (id: string | undefined, byHand = false): void => {
    choose(id)
    history.replaceState(undefined, '', `#${encodeURIComponent(id ?? '')}`)
    if (byHand && matchMedia('(max-width: 900px)').matches)
      document.getElementById('cell')?.scrollIntoView({ block: 'start' })
  }
  useEffect(() => {
    const close = (event: KeyboardEvent): void => {
      if (event.key !== 'Escape') return
      open(undefined)
      document.querySelector<HTMLElement>('.tile[tabindex="0"]')?.focus()
    }
    document.addEventListener('keydown', close)
    return () => document.removeEventListener('keydown', close)
  }, [])
  const cell = data.report.cells.find(({ planned }) => planned.id === chosen)
  return (
    <AxesContext.Provider value={axes}>
      <a class="skip" href="#matrix">
        Skip to the matrix
      </a>
      <header id="head">
        <Guarded>
          <Head data={data} />
        </Guarded>
      </header>
      <main>
        <Guarded>
          <Matrix data={data} chosen={chosen} suspect={suspect} open={(id) => open(id, true)} />
        </Guarded>
        <aside id="cell" class="card" aria-live="polite" aria-label="Selected cell">
          <Guarded key={chosen ?? ''}>
            {cell === undefined ? (
              <p class="empty">Choose a cell to see what happened on it.</p>
            ) : (
              <CellPanel data={data} cell={cell} open={open} />
            )}
          </Guarded>
        </aside>
        <div id="panels">
          {[Suspects, GateRules, Coverage, Stages, Hosts, Notes].map((Part) => (
            <Guarded key={Part.name}>
              <Part data={data} mark={markSuspect} />
            </Guarded>
          ))}
        </div>
      </main>
      <footer>
        {`ringzero ${data.report.tool.version} · plan ${data.report.run.plan.slice(0, 12)} · policy ${data.gate.policy} ${data.gate.policySha256.slice(0, 12)}`}
      </footer>
    </AxesContext.Provider>
  )
}

/** The cell that the address names, else the worst. */
function firstCell({ report: { cells } }: ReportPage): string | undefined {
  const asked = decodeURIComponent(location.hash.slice(1))
  const found =
    cells.find(({ planned }) => planned.id === asked) ??
    cells.find(({ verdict }) => verdict.outcome === 'fail') ??
    cells.find(({ verdict }) => verdict.outcome !== 'pass')
  return found?.planned.id
}

const data = JSON.parse(readData()) as ReportPage
const { candidate } = data.report
document.title = `${data.gate.decision}: ${candidate.title} ${candidate.release} · ringzero`
render(<Page data={data} />, document.getElementById('page')!)
