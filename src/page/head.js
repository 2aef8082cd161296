// Decision, candidate, counts; the counts are also the filter.
{
  const { element, data } = page
  const signs = { release: '✓', hold: '✗', inconclusive: '?' }

  page.drawHead = () => {
    const { run, candidate, gate } = data
    const facts = [
      ['candidate', `${candidate.title} ${candidate.release}`],
      ['matrix', data.matrix.title],
      ['run', `${run.id}${run.state === 'complete' ? '' : ` (${run.state})`}`],
      ['took', run.endedAt === undefined ? '–' : page.duration(run.endedAt - run.startedAt)],
      ['seed', String(run.seed)],
      ['sha256', `${candidate.sha256.slice(0, 12)}…`],
    ]
    document.title = `${gate.decision}: ${candidate.title} ${candidate.release} · ringzero`
    document.getElementById('head').append(
      element(
        'div',
        { class: 'brand' },
        element('b', {}, 'ring', element('span', {}, 'zero')),
        element('span', {}, 'release report'),
        page.themeButton(),
      ),
      element(
        'div',
        { class: `decision d-${gate.decision}` },
        element('span', { class: 'sign', 'aria-hidden': 'true' }, signs[gate.decision]),
        element('div', {}, element('h1', {}, gate.decision.toUpperCase()), element('p', {}, gate.because)),
      ),
      run.simulated
        ? element(
            'p',
            { class: 'alarm' },
            'Simulated run: no real machine was started. It can release nothing.',
          )
        : '',
      element(
        'dl',
        { class: 'facts' },
        facts.map(([word, value]) => element('div', {}, element('dt', {}, word), element('dd', {}, value))),
      ),
      proportions(),
    )
    document
      .getElementById('foot')
      .append(
        element(
          'span',
          {},
          `ringzero ${data.tool.version} · plan ${data.run.plan.slice(0, 12)} · policy ${gate.policy} ${gate.policySha256.slice(0, 12)}`,
        ),
      )
  }

  function proportions() {
    const bar = element('div', { class: 'bar', 'aria-hidden': 'true' })
    for (const outcome of page.outcomes) {
      const count = data.counts[outcome]
      if (count === 0) continue
      const part = element('span', { class: `o-${outcome}` })
      part.style.flexGrow = String(count)
      bar.append(part)
    }
    return bar
  }
}
