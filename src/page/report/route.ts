/** Where on the page a person is: the part of the address behind `#`. */
import { useEffect, useState } from 'preact/hooks'

export const TABS = ['cause', 'starts', 'compare', 'evidence', 'raw'] as const
export type Tab = (typeof TABS)[number]

export type Route = { readonly at: 'run' } | { readonly at: 'cell'; readonly cell: string; readonly tab: Tab }

/** `#/cell/4f0c/starts`; the id of a cell alone leads to its cause. */
export function parseRoute(hash: string, isCell: (id: string) => boolean): Route {
  const parts = hash.replace(/^#\/?/, '').split('/').map(decode)
  const [first = '', id = '', tab = ''] = parts[0] === 'cell' ? parts : ['cell', parts[0], '']
  if (first !== 'cell' || !isCell(id)) return { at: 'run' }
  return { at: 'cell', cell: id, tab: TABS.find((known) => known === tab) ?? 'cause' }
}

export function cellHref(cell: string, tab: Tab = 'cause'): string {
  return `#/cell/${encodeURIComponent(cell)}${tab === 'cause' ? '' : `/${tab}`}`
}

/** The present route; follows the address. */
export function useRoute(isCell: (id: string) => boolean): Route {
  const [hash, follow] = useState(location.hash)
  useEffect(() => {
    const change = (): void => follow(location.hash)
    addEventListener('hashchange', change)
    return () => removeEventListener('hashchange', change)
  }, [])
  return parseRoute(hash, isCell)
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return ''
  }
}
