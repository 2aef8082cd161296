// Coverage, what is not covered, what cannot be.
{
  const { element, data } = page
  const NAMES = { 1: 'values', 2: 'pairs', 3: 'triples' }
  const SHOWN = 12

  page.drawPanels = () => {
    document
      .getElementById('panels')
      .append(
        ...[coverage(), uncovered(), impossible(), page.drawCells()].filter((part) => part !== undefined),
      )
  }

  function card(id, title, note, ...children) {
    return element(
      'section',
      { class: 'card', id },
      element('div', { class: 'title' }, element('h2', {}, title), element('span', { class: 'muted' }, note)),
      children,
    )
  }

  function coverage() {
    return card(
      'coverage',
      'Coverage',
      data.since === undefined ? 'of what the constraints allow' : 'by these cells alone',
      data.coverage.map(({ strength, covered, feasible, infeasible }) =>
        meter(
          NAMES[strength] ?? `${strength}-way`,
          feasible === 0 ? 1 : covered / feasible,
          `${covered} of ${feasible}${infeasible > 0 ? `, ${infeasible} impossible` : ''}`,
        ),
      ),
      meter(
        'fleet',
        data.fleet,
        data.weighted
          ? `machines whose every ${data.plan.strength === 1 ? 'value' : `combination of ${data.plan.strength} values`} occurs, by the weights${data.since === undefined ? '' : ', with those that passed before'}`
          : 'no value has a weight, so all count alike',
      ),
    )
  }

  function meter(name, share, note) {
    const fill = element('i', {})
    fill.style.width = `${100 * share}%`
    const shown = share < 1 ? `${Math.min(99.9, 100 * share).toFixed(1)} %` : '100 %'
    return element(
      'div',
      { class: 'meter' },
      element('span', {}, name),
      element('span', { class: 'track', 'aria-hidden': 'true' }, fill),
      element('strong', {}, shown),
      element('span', { class: 'muted' }, note),
    )
  }

  function uncovered() {
    if (data.uncovered.length === 0) return undefined
    const count = `${data.uncovered.length}${data.uncoveredMore ? ' and more' : ''}`
    return card(
      'uncovered',
      'Not covered',
      `${count}: possible, and in no cell`,
      folded(data.uncovered, (values) => element('li', {}, page.combination(values))),
    )
  }

  function impossible() {
    if (data.infeasibleCount === 0) return undefined
    const groups = [...Map.groupBy(data.infeasible, ({ reason }) => reason)].toSorted(
      ([, a], [, b]) => b.length - a.length,
    )
    const rest = data.infeasibleCount - data.infeasible.length
    return card(
      'impossible',
      'Impossible',
      `${page.count(data.infeasibleCount, 'combination')} that no machine can have`,
      groups.map(([reason, entries]) =>
        element(
          'details',
          { class: 'reason' },
          element(
            'summary',
            {},
            element('strong', {}, String(entries.length)),
            element('span', {}, reason === '' ? 'by the constraints together' : reason),
          ),
          folded(entries, ({ values }) => element('li', {}, page.combination(values))),
        ),
      ),
      rest > 0 ? element('p', { class: 'muted' }, `${rest} more are not listed.`) : undefined,
    )
  }

  /** The first few, the others behind a click. */
  function folded(entries, item) {
    const list = (part) => element('ul', { class: 'tuples' }, part.map(item))
    const rest = entries.slice(SHOWN)
    return [
      list(entries.slice(0, SHOWN)),
      rest.length === 0
        ? undefined
        : element(
            'details',
            { class: 'others' },
            element('summary', { class: 'muted' }, `${rest.length} more`),
            list(rest),
          ),
    ]
  }
}
