page.draw(page.drawHead, page.drawMatrix, page.drawPanels, () => {
  const asked = decodeURIComponent(location.hash.slice(1))
  const worst =
    page.data.cells.find((cell) => cell.outcome === 'fail') ??
    page.data.cells.find((cell) => cell.outcome !== 'pass')
  if (page.byId.has(asked)) page.openCell(asked)
  else if (worst !== undefined) page.openCell(worst.id)
  else page.closeCell()
})
