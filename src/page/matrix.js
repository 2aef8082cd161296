// The matrix as a picture: any two axes as rows and columns, every cell a tile in its group.
{
  const { element, data } = page
  const NONE = ''
  /** Above this many cells a group shows what did not pass and counts the rest. */
  const DENSE_LIMIT = 300
  const GROUP_LIMIT = 48
  const DENSE_GROUP_LIMIT = 12
  /** Up to this many cells a tile has room for the values that rows and columns do not say. */
  const LABEL_LIMIT = 64
  const state = {
    row: page.axes[0]?.id ?? NONE,
    column: page.axes[1]?.id ?? NONE,
    hidden: new Set(),
    text: '',
    wide: new Set(),
    suspect: undefined,
    current: undefined,
  }
  const grid = element('div', { class: 'scroll grid', onclick: clicked, onkeydown: page.moveInGrid })
  const told = element('p', { class: 'told', role: 'status' })

  page.drawMatrix = () => {
    const suspect = data.suspects[0]
    const named = suspect === undefined ? [] : Object.keys(suspect.values)
    const varied = page.axes.filter((axis) => axis.values.length > 1).map((axis) => axis.id)
    const wanted = [...new Set([...named, ...varied, ...page.axes.map((axis) => axis.id)])]
    state.row = wanted[0] ?? NONE
    state.column = wanted[1] ?? NONE
    const search = element('input', {
      type: 'search',
      placeholder: 'id, value, symptom …',
      'aria-label': 'Filter cells',
      oninput: filter,
    })
    document
      .getElementById('matrix')
      .append(
        element(
          'div',
          { class: 'title' },
          element('h2', { id: 'matrix-title' }, 'Matrix'),
          element('span', { class: 'muted' }, `${data.cells.length} cells`),
        ),
        element(
          'div',
          { class: 'controls' },
          chooser('rows', 'row'),
          chooser('columns', 'column'),
          element('label', { class: 'field grow' }, element('span', {}, 'filter'), search),
          element(
            'div',
            { class: 'chips', role: 'group', 'aria-label': 'Outcomes shown' },
            page.outcomes.map(chip),
          ),
        ),
        told,
        grid,
      )
    document.addEventListener('keydown', (event) => {
      if (event.key === '/' && !/^(INPUT|SELECT|TEXTAREA)$/.test(document.activeElement?.tagName ?? '')) {
        event.preventDefault()
        search.focus()
      }
    })
    draw()

    function filter() {
      state.text = search.value.trim().toLowerCase()
      draw()
    }
  }

  /** Marks the tiles that hold a suspect's values; undefined takes the marks away. */
  page.markSuspect = (values) => {
    state.suspect = values
    for (const shown of grid.querySelectorAll('.tile')) {
      const cell = page.byId.get(shown.dataset.id)
      shown.classList.toggle('marked', values !== undefined && holds(cell, values))
    }
  }

  page.markCurrent = (id) => {
    state.current = id
    for (const shown of grid.querySelectorAll('[aria-pressed=true]'))
      shown.setAttribute('aria-pressed', 'false')
    const chosen = id === undefined ? undefined : grid.querySelector(`[data-id="${CSS.escape(id)}"]`)
    chosen?.setAttribute('aria-pressed', 'true')
    return chosen
  }

  function chooser(word, key) {
    const select = element(
      'select',
      {
        onchange: () => {
          state[key] = select.value
          draw()
        },
      },
      page.axes.map((axis) =>
        element('option', { value: axis.id, selected: axis.id === state[key] }, axis.title),
      ),
      element('option', { value: NONE, selected: state[key] === NONE }, '(none)'),
    )
    return element('label', { class: 'field' }, element('span', {}, word), select)
  }

  function chip(outcome) {
    const count = data.counts[outcome]
    const button = element(
      'button',
      {
        type: 'button',
        class: `chip o-${outcome}`,
        'aria-pressed': 'true',
        disabled: count === 0,
        onclick: toggle,
      },
      element('b', { 'aria-hidden': 'true' }, page.signs[outcome]),
      ` ${count} ${outcome}`,
    )
    return button

    function toggle() {
      const shown = state.hidden.delete(outcome)
      if (!shown) state.hidden.add(outcome)
      button.setAttribute('aria-pressed', String(shown))
      draw()
    }
  }

  function matches(cell) {
    return !state.hidden.has(cell.outcome) && (state.text === '' || haystack(cell).includes(state.text))
  }

  function haystack(cell) {
    cell.words ??= [
      cell.id,
      cell.stage,
      cell.blame,
      cell.because,
      ...Object.entries(cell.configuration).flatMap(([axis, value]) => [
        `${axis}=${value}`,
        page.valueTitle(axis, value),
      ]),
      ...cell.symptoms.map((symptom) => symptom.signature),
    ]
      .join(' ')
      .toLowerCase()
    return cell.words
  }

  function holds(cell, values) {
    return Object.entries(values).every(([axis, value]) => cell.configuration[axis] === value)
  }

  function draw() {
    const cells = data.cells.filter(matches)
    const groups = Map.groupBy(cells, (cell) =>
      JSON.stringify([valueOf(cell, state.row), valueOf(cell, state.column)]),
    )
    const rows = valuesOf(state.row, cells)
    const columns = valuesOf(state.column, cells)
    told.textContent =
      cells.length === data.cells.length ? '' : `${cells.length} of ${data.cells.length} cells shown`
    const body = rows.map((row) =>
      element(
        'tr',
        {},
        element('th', { scope: 'row', class: suspectClass(state.row, row) }, title(state.row, row)),
        columns.map((column) => groupOf(groups.get(JSON.stringify([row, column])) ?? [], row, column)),
      ),
    )
    const corner = element('td', { class: 'corner' })
    const head = element(
      'tr',
      {},
      corner,
      columns.map((column) =>
        element(
          'th',
          { scope: 'col', class: suspectClass(state.column, column) },
          title(state.column, column),
        ),
      ),
    )
    grid.replaceChildren(element('table', {}, element('thead', {}, head), element('tbody', {}, body)))
    const first = grid.querySelector('[aria-pressed=true]') ?? grid.querySelector('.tile')
    first?.setAttribute('tabindex', '0')
    if (cells.length === 0) grid.replaceChildren(element('p', { class: 'empty' }, 'No cell matches.'))
  }

  function valueOf(cell, axis) {
    return axis === NONE ? NONE : (cell.configuration[axis] ?? NONE)
  }

  function valuesOf(axis, cells) {
    const seen = new Set(cells.map((cell) => valueOf(cell, axis)))
    const order = page.axes.find((entry) => entry.id === axis)?.values.map((value) => value.id) ?? []
    return [...order.filter((value) => seen.delete(value)), ...seen]
  }

  function title(axis, value) {
    return axis === NONE ? 'all' : value === NONE ? '–' : page.valueTitle(axis, value)
  }

  function suspectClass(axis, value) {
    return data.suspects[0]?.values[axis] === value && axis !== NONE ? 'suspect' : undefined
  }

  function groupOf(cells, row, column) {
    if (cells.length === 0) return element('td', { class: 'void' }, element('span', { class: 'muted' }, '–'))
    const key = `${row} ${column}`
    const sorted = cells.toSorted(
      (a, b) => page.outcomes.indexOf(a.outcome) - page.outcomes.indexOf(b.outcome),
    )
    const dense = data.cells.length > DENSE_LIMIT
    const worth = dense
      ? sorted.filter((cell) => cell.outcome !== 'pass' || cell.id === state.current)
      : sorted
    const shown = state.wide.has(key) ? sorted : worth.slice(0, dense ? DENSE_GROUP_LIMIT : GROUP_LIMIT)
    const failing = cells.filter((cell) => cell.outcome === 'fail').length
    const rest = sorted.length - shown.length
    const passed = worth.length === shown.length
    const more =
      rest > 0
        ? element(
            'button',
            {
              type: 'button',
              class: `more${passed ? ' o-pass' : ''}`,
              'data-more': key,
              'aria-label': `show ${rest} more${passed ? ', all passed' : ''}`,
            },
            passed ? `${page.signs.pass} ${rest}` : `+${rest}`,
          )
        : undefined
    return element(
      'td',
      { class: failing === cells.length ? 'allfail' : failing > 0 ? 'somefail' : undefined },
      element('div', { class: 'group' }, shown.map(tile), more),
      failing > 0 && cells.length > 1
        ? element('div', { class: 'count' }, `${failing} of ${cells.length} fail`)
        : undefined,
    )
  }

  function tile(cell) {
    const values = Object.entries(cell.configuration)
      .map(([axis, value]) => page.valueTitle(axis, value))
      .join(', ')
    return element(
      'button',
      {
        type: 'button',
        class: `tile o-${cell.outcome}${cell.waiver ? ' waived' : ''}${state.suspect && holds(cell, state.suspect) ? ' marked' : ''}`,
        'data-id': cell.id,
        tabindex: '-1',
        'aria-pressed': String(cell.id === state.current),
        title: `${values}\n${page.words[cell.outcome]}: ${cell.because}`,
        'aria-label': `${values}: ${page.words[cell.outcome]}`,
      },
      element('b', { 'aria-hidden': 'true' }, page.signs[cell.outcome]),
      label(cell),
    )
  }

  /** The remaining values of a cell, where there is room. */
  function label(cell) {
    if (data.cells.length > LABEL_LIMIT) return undefined
    const others = page.axes.filter(
      (axis) => axis.id !== state.row && axis.id !== state.column && axis.values.length > 1,
    )
    if (others.length === 0) return undefined
    return element(
      'span',
      {},
      others.map((axis) => page.valueTitle(axis.id, cell.configuration[axis.id])).join(' · '),
    )
  }

  function clicked(event) {
    const more = event.target.closest('[data-more]')
    if (more !== null) {
      state.wide.add(more.dataset.more)
      draw()
      return
    }
    const chosen = event.target.closest('.tile')
    if (chosen !== null) page.openCell(chosen.dataset.id, true)
  }
}
