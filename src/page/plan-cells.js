// Every cell with its values and what it is for.
{
  const { element, data } = page
  const rows = []

  page.drawCells = () => {
    const search = element('input', {
      type: 'search',
      placeholder: 'id, value, purpose …',
      'aria-label': 'Filter cells',
      oninput: () => filter(search.value.trim().toLowerCase()),
    })
    const told = element('span', { class: 'muted', role: 'status' }, page.count(data.cells.length, 'cell'))
    const groups = data.stages.map((stage) => {
      const cells = data.cells.filter((cell) => cell.stage === stage.id)
      if (cells.length === 0) return undefined
      const body = cells.map(row)
      return element(
        'tbody',
        {},
        element(
          'tr',
          { class: 'stage' },
          element(
            'th',
            { scope: 'rowgroup', colspan: page.axes.length + 2 },
            `${stage.title} · ${page.count(cells.length, 'cell')}`,
          ),
        ),
        body,
      )
    })
    return element(
      'section',
      { class: 'card', id: 'cells' },
      element('div', { class: 'title' }, element('h2', {}, 'Cells'), told),
      element(
        'div',
        { class: 'controls' },
        element('label', { class: 'field grow' }, element('span', {}, 'filter'), search),
      ),
      element(
        'div',
        { class: 'scroll cells', tabindex: '0', role: 'region', 'aria-label': 'Cells of the plan' },
        element(
          'table',
          {},
          element(
            'thead',
            {},
            element(
              'tr',
              {},
              ['cell', ...page.axes.map((axis) => axis.title), 'for'].map((word) =>
                element('th', { scope: 'col' }, word),
              ),
            ),
          ),
          groups,
        ),
      ),
    )

    function filter(text) {
      let count = 0
      for (const { node, words } of rows) {
        node.hidden = !words.includes(text)
        if (!node.hidden) count += 1
      }
      told.textContent =
        text === '' ? page.count(data.cells.length, 'cell') : `${count} of ${data.cells.length} cells shown`
    }
  }

  /** Marks the cells that hold these values; undefined takes the marks away. */
  page.markCells = (values) => {
    for (const { node, cell } of rows)
      node.classList.toggle('marked', values !== undefined && page.holds(cell.configuration, values))
  }

  function row(cell) {
    const values = page.axes.map((axis) => page.valueTitle(axis.id, cell.configuration[axis.id]))
    const node = element(
      'tr',
      {},
      element('th', { scope: 'row' }, element('code', {}, cell.id.slice(0, 7))),
      values.map((value) => element('td', {}, value)),
      element('td', { class: 'purpose' }, cell.purpose),
    )
    const words = [cell.id, cell.purpose, ...values, ...Object.values(cell.configuration)]
      .join(' ')
      .toLowerCase()
    rows.push({ node, cell, words })
    return node
  }
}
