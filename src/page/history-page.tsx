/** The page of many runs: `ringzero history --html FILE`, `ringzero compare --html FILE`. */
import { render } from 'preact'
import type { HistoryPage } from '../model/history-page.ts'
import { Brand } from './parts/brand.tsx'
import { count } from './parts/format.ts'
import { Guarded } from './parts/guarded.tsx'
import { Changes } from './history/changes.tsx'
import { Flaky } from './history/flaky.tsx'
import { Runs } from './history/runs.tsx'
import { Signatures } from './history/signatures.tsx'
import { Trends } from './history/trends.tsx'
import { Unread } from './history/unread.tsx'
import { readBlock } from './read-data.ts'
import './styles/theme.css'
import './styles/frame.css'
import './styles/matrix.css'
import './styles/panels.css'
import './styles/run.css'
import './styles/history.css'
import './styles/narrow.css'
import './styles/print.css'

function Page({ page }: { readonly page: HistoryPage }) {
  const { history } = page
  return (
    <>
      <a class="skip" href="#content">
        Skip to the content
      </a>
      <header id="head">
        <h1 class="subject">{titleOf(page)}</h1>
        <Brand what={page.changes === undefined ? 'history' : 'comparison'} />
      </header>
      <main id="content" tabIndex={-1} class="stack">
        {[Changes, Signatures, Trends, Flaky, Runs, Unread].map((Part, place) => (
          <Guarded key={place}>
            <Part page={page} />
          </Guarded>
        ))}
      </main>
      <footer>{`ringzero ${page.toolVersion} · ${count(history.runs.length, 'run')}`}</footer>
    </>
  )
}

function titleOf({ history: { runs, signatures }, changes }: HistoryPage): string {
  const [first, last] = [runs[0], runs.at(-1)]
  if (changes !== undefined) return `${first?.release ?? '–'} → ${last?.release ?? '–'}`
  return `${count(runs.length, 'run')}, ${count(signatures.length, 'failure')}`
}

const page = JSON.parse(await readBlock('data')) as HistoryPage
document.title = `${titleOf(page)} · ringzero`
render(<Page page={page} />, document.getElementById('page')!)
