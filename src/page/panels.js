// Suspects, gate, coverage, stages, hosts, notes.
{
  const { element, data } = page

  page.drawPanels = () => {
    document
      .getElementById('panels')
      .append(
        ...[suspects(), gate(), coverage(), stages(), hosts(), notes()].filter((part) => part !== undefined),
      )
  }

  function card(id, title, ...children) {
    return element(
      'section',
      { class: 'card', id },
      element('div', { class: 'title' }, element('h2', {}, title)),
      children,
    )
  }

  function suspects() {
    if (data.counts.fail === 0 && data.suspects.length === 0) return undefined
    const shown = data.suspects.slice(0, data.leadingSuspects)
    const others = data.suspects.slice(data.leadingSuspects, data.leadingSuspects + 20)
    const folded = element(
      'details',
      { class: 'others' },
      element('summary', { class: 'muted' }, `${others.length} less likely`),
      element('ol', { class: 'suspects' }, others.map(suspectItem)),
    )
    return card(
      'suspects',
      'Suspects',
      shown.length === 0
        ? element('p', { class: 'empty' }, 'No combination explains the failures.')
        : element('ol', { class: 'suspects first' }, shown.map(suspectItem)),
      others.length === 0 ? undefined : folded,
    )
  }

  function suspectItem(suspect) {
    const show = () => page.markSuspect(suspect.values)
    const hide = () => page.markSuspect(undefined)
    return element(
      'li',
      { tabindex: '0', onmouseenter: show, onmouseleave: hide, onfocus: show, onblur: hide },
      page.combination(suspect.values),
      element('span', { class: `support p-${suspect.support}` }, suspect.support),
      element('p', {}, suspect.because),
      suspect.equivalent.length === 0
        ? undefined
        : element(
            'p',
            { class: 'muted' },
            'The constraints make it indistinguishable from ',
            suspect.equivalent.slice(0, 5).map(page.combination),
          ),
    )
  }

  function gate() {
    const as = { satisfied: 'pass', violated: 'fail', inconclusive: 'inconclusive' }
    const rules = data.gate.rules.map((rule) => [
      page.badge(as[rule.result], rule.result),
      element('b', {}, rule.title),
      rule.value === null ? '–' : String(Number(rule.value.toPrecision(4))),
      rule.criterion,
      rule.explanation,
    ])
    const waivers = data.gate.waivers.map((waiver) => [
      waiver.id,
      waiver.state,
      waiver.cells.slice(0, 12).join(', ') || '–',
    ])
    return card(
      'gate',
      'Gate',
      page.table(['', 'rule', 'value', 'criterion', 'explanation'], rules),
      waivers.length === 0 ? undefined : page.table(['waiver', 'state', 'cells'], waivers),
    )
  }

  function coverage() {
    const { planned, judged, fleetShare, gaps } = data.coverage
    const meters = judged.map((entry) => {
      const plan = planned.find((other) => other.strength === entry.strength)
      const share = entry.feasible === 0 ? 0 : entry.covered / entry.feasible
      const word =
        { 1: 'single values', 2: 'pairs', 3: 'triples' }[entry.strength] ?? `${entry.strength}-tuples`
      return meter(
        word,
        share,
        `${entry.covered} of ${entry.feasible} judged${plan ? `, ${plan.covered} planned` : ''}${entry.infeasible > 0 ? `, ${entry.infeasible} impossible` : ''}`,
      )
    })
    return card(
      'coverage',
      'Coverage',
      meters,
      meter('fleet', fleetShare, 'share of the customer fleet whose combinations all worked'),
      element('h3', {}, 'What this run cannot have shown'),
      element(
        'ul',
        { class: 'gaps' },
        gaps.map((gap) => element('li', {}, gap)),
      ),
    )
  }

  function meter(word, share, detail) {
    const fill = element('i', {})
    fill.style.width = `${Math.min(1, Math.max(0, share)) * 100}%`
    return element(
      'p',
      { class: 'meter' },
      element('span', {}, word),
      element('span', { class: 'track', 'aria-hidden': 'true' }, fill),
      element('b', {}, page.percent(share)),
      element('span', { class: 'muted' }, detail),
    )
  }

  function stages() {
    const as = { passed: 'pass', failed: 'fail', inconclusive: 'inconclusive', 'not-started': 'not-run' }
    return card(
      'stages',
      'Stages',
      page.table(
        ['stage', 'state', 'cells'],
        data.stages.map((stage) => [
          stage.title,
          page.badge(as[stage.state], stage.state),
          String(stage.cells),
        ]),
      ),
    )
  }

  function hosts() {
    if (data.hosts.length === 0) return undefined
    const rows = data.hosts.map((host) => [
      host.name,
      host.provider,
      element(
        'span',
        { class: 'muted' },
        Object.entries(host.facts)
          .filter(([, fact]) => typeof fact !== 'object')
          .slice(0, 8)
          .map(([name, fact]) => `${name}: ${fact}`)
          .join(' · '),
      ),
      String(host.faults),
    ])
    return card('hosts', 'Hosts', page.table(['host', 'provider', 'facts', 'faults'], rows))
  }

  function notes() {
    return data.notes.length === 0
      ? undefined
      : card(
          'notes',
          'Notes',
          element(
            'ul',
            { class: 'gaps' },
            data.notes.map((note) => element('li', {}, note)),
          ),
        )
  }
}
