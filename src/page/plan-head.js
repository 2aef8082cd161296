// How many machines, what they cover, how long it takes.
{
  const { element, data } = page
  const { plan } = data
  const NAMES = { 1: 'value', 2: 'pair of values', 3: 'triple of values' }

  page.count = (number, word) => `${number} ${word}${number === 1 ? '' : 's'}`
  page.seconds = data.cells.reduce((sum, cell) => sum + cell.seconds, 0) * plan.repeats
  page.stageTitle = (id) => data.stages.find((stage) => stage.id === id)?.title ?? id

  page.drawHead = () => {
    document.title = `plan: ${data.matrix.title} · ringzero`
    const at = data.together
    const complete = at === undefined || at.covered === at.feasible
    const facts = [
      ['matrix', data.matrix.title],
      ['axes', String(page.axes.length)],
      ['strength', String(plan.strength)],
      ['expected', duration()],
      data.cost?.cost > 0 ? ['cost', data.cost.cost.toFixed(2)] : undefined,
      ['fleet', `${page.percent(data.fleet)}${data.weighted ? '' : ' (no weights)'}`],
      ['seed', String(plan.seed)],
    ].filter((fact) => fact !== undefined)
    document.getElementById('head').append(
      element(
        'div',
        { class: 'brand' },
        element('b', {}, 'ring', element('span', {}, 'zero')),
        element('span', {}, 'plan'),
        page.themeButton(),
      ),
      element(
        'div',
        { class: `decision ${complete ? 'd-release' : 'd-hold'}` },
        element('span', { class: 'sign', 'aria-hidden': 'true' }, complete ? '✓' : '!'),
        element(
          'div',
          {},
          element('h1', {}, page.count(data.cells.length, 'cell')),
          element('p', {}, `${promise(at, complete)} ${size()}`),
        ),
      ),
      ...data.warnings.map((warning) => element('p', { class: 'alarm' }, warning)),
      element(
        'dl',
        { class: 'facts' },
        facts.map(([word, value]) => element('div', {}, element('dt', {}, word), element('dd', {}, value))),
      ),
    )
    const inputs = data.inputs.map(({ role, name, sha256 }) => `${role} ${name} ${sha256.slice(0, 12)}`)
    document
      .getElementById('foot')
      .append(
        element(
          'span',
          {},
          [`ringzero ${data.tool.version}`, `plan ${plan.id.slice(0, 12)}`, ...inputs].join(' · '),
        ),
      )
  }

  function promise(at, complete) {
    const word = NAMES[plan.strength] ?? `combination of ${plan.strength} values`
    if (data.since !== undefined)
      return `They show what the ${page.count(data.since.length, 'cell')} that passed before have not${at === undefined ? '' : `; together ${at.covered} of ${at.feasible} possible combinations of ${plan.strength} values`}.`
    if (at === undefined) return `Every possible ${word} occurs in one of them.`
    return complete
      ? `Every possible ${word} occurs in one of them: ${at.covered} in all.`
      : `${at.covered} of ${at.feasible} possible combinations of ${plan.strength} values occur in them.`
  }

  function size() {
    if (plan.provedMinimal) return 'Proved minimal: no plan that covers as much has fewer.'
    return plan.lowerBound > 0 ? `No plan that covers as much can have fewer than ${plan.lowerBound}.` : ''
  }

  function duration() {
    if (data.cost !== undefined) return `${page.duration(data.cost.milliseconds)} on this lab`
    return `${page.duration(page.seconds * 1000)} one after the other`
  }
}
