// Each two axes as a tile: how much of what they can be together occurs in the plan.
{
  const { element, data } = page
  const byAxes = new Map(data.pairs.map((pair) => [pair.axes.join('\n'), pair]))
  page.pairOf = (one, other) => byAxes.get(`${one}\n${other}`) ?? byAxes.get(`${other}\n${one}`)
  /** From so many axes on the tiles are smaller. */
  const DENSE_AXES = 14
  let current

  page.drawMap = () => {
    const axes = page.axes
    const columns = axes.slice(0, -1)
    document.body.classList.toggle('wide', axes.length > DENSE_AXES)
    const head = element(
      'tr',
      {},
      element('td', {}),
      columns.map((axis) => element('th', { scope: 'col' }, element('span', {}, axis.title))),
    )
    const rows = axes.slice(1).map((axis, at) =>
      element(
        'tr',
        {},
        element('th', { scope: 'row' }, axis.title),
        columns.map((column, place) => element('td', {}, place <= at ? tile(column, axis) : undefined)),
      ),
    )
    const grid = element(
      'div',
      {
        class: `scroll map${axes.length > DENSE_AXES ? ' dense' : ''}`,
        onkeydown: page.moveInGrid,
        onclick: clicked,
      },
      element('table', {}, element('thead', {}, head), element('tbody', {}, rows)),
    )
    document
      .getElementById('map')
      .append(
        element(
          'div',
          { class: 'title' },
          element('h2', { id: 'map-title' }, 'Pairs of axes'),
          element('span', { class: 'muted' }, told()),
        ),
        ...(data.pairs.length === 0
          ? [element('p', { class: 'empty' }, 'One axis alone has no pairs.')]
          : [grid, legend()]),
      )
    grid.querySelector('.tile')?.setAttribute('tabindex', '0')

    function clicked(event) {
      const chosen = event.target.closest('.tile')
      if (chosen !== null) page.openPair(chosen.dataset.a, chosen.dataset.b, true)
    }
  }

  /** The first that is not complete; else the one with most impossible pairs; else the first. */
  page.worstPair = () => {
    const impossible = (pair) => sizeOf(pair) - pair.feasible
    return (
      data.pairs.find((pair) => pair.covered < pair.feasible) ??
      data.pairs.toSorted((a, b) => impossible(b) - impossible(a))[0]
    )
  }

  page.markPair = (a, b) => {
    current?.setAttribute('aria-pressed', 'false')
    current = document.querySelector(`.map [data-a="${CSS.escape(a)}"][data-b="${CSS.escape(b)}"]`)
    current?.setAttribute('aria-pressed', 'true')
  }

  function sizeOf(pair) {
    return pair.axes.reduce((product, id) => product * page.titles.get(id).size, 1)
  }

  function told() {
    const open = data.pairs.filter((pair) => pair.covered < pair.feasible).length
    return open === 0
      ? `all ${data.pairs.length} covered completely`
      : `${open} of ${data.pairs.length} not covered completely`
  }

  function tile(column, row) {
    const pair = page.pairOf(column.id, row.id)
    if (pair === undefined) return undefined
    const size = sizeOf(pair)
    const open = pair.feasible - pair.covered
    const share = pair.feasible === 0 ? 1 : pair.covered / pair.feasible
    const impossible = size - pair.feasible
    const words =
      `${column.title} × ${row.title}: ${pair.covered} of ${pair.feasible} possible pairs covered` +
      (impossible > 0 ? `, ${impossible} impossible` : '')
    const button = element(
      'button',
      {
        type: 'button',
        class: `tile ${open > 0 ? 'open' : 'full'}`,
        tabindex: '-1',
        'data-a': column.id,
        'data-b': row.id,
        'aria-pressed': 'false',
        'aria-label': words,
        title: words,
      },
      element('i', { class: 'never' }),
      element('i', { class: 'missing' }),
      element('b', { 'aria-hidden': 'true' }, open > 0 ? String(Math.floor(100 * share)) : '✓'),
    )
    button.children[0].style.height = `${(100 * impossible) / size}%`
    button.children[1].style.height = `${(100 * open) / size}%`
    return button
  }

  function legend() {
    const entry = (name, text, sign = '') =>
      element(
        'span',
        {},
        element('span', { class: `swatch ${name}`, 'aria-hidden': 'true' }, sign),
        ` ${text}`,
      )
    return element(
      'p',
      { class: 'legend' },
      entry('full', 'covered completely', '✓'),
      entry('open', 'share covered in %', '87'),
      entry('never', 'share that the constraints make impossible'),
    )
  }
}
