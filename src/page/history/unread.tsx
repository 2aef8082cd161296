import type { HistoryPage } from '../../model/history-page.ts'
import { Card } from '../parts/card.tsx'

/** Runs that could not be read: a history that hides them would look better than it is. */
export function Unread({ page: { history } }: { readonly page: HistoryPage }) {
  return history.unread.length === 0 ? null : (
    <Card id="unread" title="Not read">
      <ul class="gaps">
        {history.unread.map(({ folder, reason }) => (
          <li key={folder}>
            <code>{folder}</code>: {reason}
          </li>
        ))}
      </ul>
    </Card>
  )
}
