import type { PageEvidence } from '../../model/report-page.ts'
import { Block } from '../parts/block.tsx'
import { Picture } from '../parts/picture.tsx'
import { Table } from '../parts/table.tsx'
import { armWord } from './arm-word.ts'
import type { CellPart } from './cell-part.ts'

/** Every file that was saved of this cell and its control; pictures and serial lines at once. */
export function Evidence({ detail: { evidence } }: CellPart) {
  const screens = evidence.filter(({ image }) => image !== undefined)
  const texts = evidence.filter(({ text }) => text !== undefined && text !== '')
  if (evidence.length === 0)
    return (
      <p class="muted">
        No evidence of this cell is on this page; what was saved lies in the folder of the run, under{' '}
        <code>cells/</code>.
      </p>
    )
  return (
    <>
      <Block title="Files">
        <Table
          head={['file', 'of', 'in', 'size', 'sha256']}
          rows={evidence.map((entry) => [
            entry.href === undefined ? entry.name : <a href={entry.href}>{entry.name}</a>,
            armWord(entry),
            entry.phase,
            `${entry.bytes.toLocaleString('en')} B${entry.cut ? ', cut' : ''}`,
            <code title={entry.id}>{entry.id.slice(0, 12)}</code>,
          ])}
        />
      </Block>
      <Block title="Screens" when={screens.length > 0}>
        <ul class="strip">
          {screens.map((entry) => (
            <li key={`${armWord(entry)} ${entry.name}`} class="frame">
              <Picture source={entry.image ?? ''} words={captionOf(entry)} />
              <p>{captionOf(entry)}</p>
            </li>
          ))}
        </ul>
      </Block>
      <Block title="Text" when={texts.length > 0}>
        {texts.map((entry) => (
          <details key={`${armWord(entry)} ${entry.name}`}>
            <summary>{captionOf(entry)}</summary>
            <pre tabIndex={0}>{entry.text}</pre>
          </details>
        ))}
      </Block>
    </>
  )
}

function captionOf(entry: PageEvidence): string {
  return `${entry.name} · ${armWord(entry)}, ${entry.phase}`
}
