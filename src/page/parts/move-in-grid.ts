/** Arrow keys, Home and End move between tiles; one of them is in the tab order. */
export function moveInGrid(event: KeyboardEvent & { readonly currentTarget: HTMLElement }): void {
  const tiles = [...event.currentTarget.querySelectorAll<HTMLElement>('.tile')]
  const at = tiles.findIndex((tile) => tile === document.activeElement)
  const from = tiles[at]
  if (from === undefined) return
  const target = targetOf(event.key, tiles, at)
  if (target === undefined) return
  event.preventDefault()
  from.setAttribute('tabindex', '-1')
  target.setAttribute('tabindex', '0')
  target.focus()
}

function targetOf(key: string, tiles: readonly HTMLElement[], at: number): HTMLElement | undefined {
  switch (key) {
    case 'ArrowRight':
      return tiles[at + 1]
    case 'ArrowLeft':
      return tiles[at - 1]
    case 'Home':
      return tiles[0]
    case 'End':
      return tiles.at(-1)
    case 'ArrowDown':
      return vertical(tiles, at, 1)
    case 'ArrowUp':
      return vertical(tiles, at, -1)
    default:
      return undefined
  }
}

/** The tile in the next line up or down that stands nearest below or above. */
function vertical(tiles: readonly HTMLElement[], at: number, direction: 1 | -1): HTMLElement | undefined {
  const from = tiles[at]?.getBoundingClientRect()
  if (from === undefined) return undefined
  let best: HTMLElement | undefined
  let distance = Infinity
  for (const other of tiles) {
    const box = other.getBoundingClientRect()
    const down = (box.top - from.top) * direction
    if (down < 4) continue
    const far = down * 1000 + Math.abs(box.left - from.left)
    if (far < distance) [best, distance] = [other, far]
  }
  return best
}
