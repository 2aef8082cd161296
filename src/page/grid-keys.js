// The matrix without a mouse.
{
  /** Arrow keys, Home and End move between tiles; one of them is in the tab order. */
  page.moveInGrid = (event) => {
    const tiles = [...event.currentTarget.querySelectorAll('.tile')]
    const at = tiles.indexOf(document.activeElement)
    if (at < 0) return
    const target = {
      ArrowRight: () => tiles[at + 1],
      ArrowLeft: () => tiles[at - 1],
      Home: () => tiles[0],
      End: () => tiles.at(-1),
      ArrowDown: () => vertical(tiles, at, 1),
      ArrowUp: () => vertical(tiles, at, -1),
    }[event.key]?.()
    if (target === undefined) return
    event.preventDefault()
    tiles[at].setAttribute('tabindex', '-1')
    target.setAttribute('tabindex', '0')
    target.focus()
  }

  /** The tile in the next line up or down that stands nearest below or above. */
  function vertical(tiles, at, direction) {
    const from = tiles[at].getBoundingClientRect()
    let best
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
}
