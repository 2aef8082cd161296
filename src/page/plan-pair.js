// Two axes in full: for each two values how many cells hold them, or why none can.
{
  const { element, data } = page
  const shown = { a: undefined, b: undefined }
  const aside = document.getElementById('cell')
  const everywhere = [...data.cells, ...(data.since ?? []).map((configuration) => ({ configuration }))]
  const reasons = new Map(data.infeasible.map(({ values, reason }) => [keyOf(values), reason]))
  const open = new Set(data.uncovered.map(keyOf))

  function keyOf(values) {
    return Object.entries(values)
      .map(([axis, value]) => `${axis}\n${value}`)
      .toSorted()
      .join('\n\n')
  }

  page.holds = (configuration, values) =>
    Object.entries(values).every(([axis, value]) => configuration[axis] === value)

  page.openPair = (a, b, focus) => {
    Object.assign(shown, { a, b })
    page.markPair(a, b)
    draw()
    if (focus && matchMedia('(max-width: 900px)').matches) aside.scrollIntoView({ block: 'start' })
  }

  function draw() {
    const pair = page.pairOf(shown.a, shown.b)
    if (pair === undefined) return
    // The longer axis downwards: a page is higher than it is wide.
    const [across, down] = [shown.a, shown.b]
      .map((id) => page.axes.find((axis) => axis.id === id))
      .toSorted((one, other) => one.values.length - other.values.length)
    const detail = element('div', { class: 'detail', role: 'status' })
    const cell = (row, column) => {
      const values = { [down.id]: row.id, [across.id]: column.id }
      const state = stateOf(values, pair)
      return element(
        'td',
        {},
        element(
          'button',
          {
            type: 'button',
            class: `tile v-${state.kind}`,
            tabindex: '-1',
            'aria-label': `${row.title}, ${column.title}: ${state.words}`,
            title: `${row.title} × ${column.title}\n${state.words}`,
            onclick: (event) => choose(event.currentTarget, values, state, detail),
          },
          state.sign,
        ),
      )
    }
    const grid = element(
      'div',
      { class: 'scroll map values', onkeydown: page.moveInGrid },
      element(
        'table',
        {},
        element(
          'thead',
          {},
          element(
            'tr',
            {},
            element('td', {}),
            across.values.map((value) => element('th', { scope: 'col' }, element('span', {}, value.title))),
          ),
        ),
        element(
          'tbody',
          {},
          down.values.map((row) =>
            element(
              'tr',
              {},
              element('th', { scope: 'row' }, row.title),
              across.values.map((column) => cell(row, column)),
            ),
          ),
        ),
      ),
    )
    grid.querySelector('.tile')?.setAttribute('tabindex', '0')
    aside.replaceChildren(
      element(
        'div',
        { class: 'title' },
        element('h2', {}, `${down.title} × ${across.title}`),
        element('span', { class: 'muted' }, `${pair.covered} of ${pair.feasible} covered`),
      ),
      element('p', { class: 'muted' }, 'How many cells hold the two values. Choose one to see them.'),
      grid,
      detail,
    )
    page.markCells(undefined)
  }

  function stateOf(values, pair) {
    const count = everywhere.filter(({ configuration }) => page.holds(configuration, values)).length
    if (count > 0) return { kind: 'held', sign: String(count), words: `in ${page.count(count, 'cell')}` }
    const single = Object.entries(values).find(([axis, value]) => reasons.has(keyOf({ [axis]: value })))
    const key = single === undefined ? keyOf(values) : keyOf(Object.fromEntries([single]))
    if (reasons.has(key) || (pair.covered === pair.feasible && !open.has(keyOf(values)))) {
      const reason = reasons.get(key) || 'a consequence of the constraints'
      return { kind: 'never', sign: '⊘', words: `impossible: ${reason}` }
    }
    return { kind: 'missing', sign: '!', words: 'possible, and in no cell' }
  }

  function choose(button, values, state, detail) {
    for (const other of aside.querySelectorAll('[aria-pressed=true]')) other.removeAttribute('aria-pressed')
    button.setAttribute('aria-pressed', 'true')
    const named = Object.entries(values).map(([axis, value]) => page.valueTitle(axis, value))
    detail.replaceChildren(
      element('p', {}, element('strong', {}, named.join(' × ')), ` ${state.words}`),
      state.kind === 'held' ? element('a', { href: '#cells', class: 'link' }, 'show them in the list') : '',
    )
    page.markCells(state.kind === 'held' ? values : undefined)
  }
}
