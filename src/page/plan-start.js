page.draw(page.drawHead, page.drawMap, page.drawPanels, () => {
  const pair = page.worstPair()
  if (pair === undefined) document.getElementById('cell').remove()
  else {
    const [a, b] = pair.axes
    page.openPair(a, b)
  }
})
