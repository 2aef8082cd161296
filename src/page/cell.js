// One cell: why it got its verdict, and everything that was seen.
{
  const { element, block } = page
  const panel = document.getElementById('cell')

  /** Shows a cell; `byHand` moves the view to it on a narrow screen. */
  page.openCell = (id, byHand = false) => {
    const cell = page.byId.get(id)
    if (cell === undefined) return
    const tile = page.markCurrent(id)
    history.replaceState(undefined, '', `#${encodeURIComponent(id)}`)
    panel.replaceChildren(...describe(cell, tile))
    panel.scrollTop = 0
    if (byHand && matchMedia('(max-width: 900px)').matches) panel.scrollIntoView({ block: 'start' })
  }

  page.closeCell = () => {
    page.markCurrent(undefined)
    history.replaceState(undefined, '', '#')
    panel.replaceChildren(element('p', { class: 'empty' }, 'Choose a cell to see what happened on it.'))
  }

  document.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape' || panel.querySelector('h2') === null) return
    const tile = document.querySelector('.tile[aria-pressed=true]')
    page.closeCell()
    tile?.focus()
  })

  function describe(cell, tile) {
    const values = Object.entries(cell.configuration).map(([axis, value]) =>
      element(
        'div',
        {},
        element('dt', {}, page.axes.find((entry) => entry.id === axis)?.title ?? axis),
        element('dd', {}, page.valueTitle(axis, value)),
      ),
    )
    return [
      element(
        'div',
        { class: 'title' },
        element('h2', {}, page.badge(cell.outcome, page.words[cell.outcome])),
        close(tile),
      ),
      element('p', { class: 'because' }, cell.because),
      element('p', { class: 'muted' }, `cell ${cell.id} · stage ${cell.stage} · blame: ${cell.blame}`),
      element('dl', { class: 'facts' }, values),
      block('Failure rate', rates(cell)),
      block(
        cell.symptoms.length > 1 ? 'Symptoms' : 'Symptom',
        cell.symptoms.map((symptom) => symptomCard(symptom, cell)),
      ),
      block(
        'Also without the candidate',
        cell.preExisting.map((symptom) => symptomCard(symptom, cell)),
      ),
      block('How far it got', page.ladders(cell)),
      block('Phases', page.timelines(cell)),
      block('Recovery', recovery(cell)),
      block('Waiver', waiver(cell)),
      block(
        'Could not look at',
        cell.blind.length === 0
          ? []
          : element(
              'ul',
              {},
              cell.blind.map(({ subject, reason }) => element('li', {}, `${subject}: ${reason}`)),
            ),
      ),
      block('Screens', screens(cell)),
      block(
        'Serial line, last lines',
        cell.evidence
          .filter((entry) => entry.tail)
          .map((entry) => element('pre', { tabindex: '0' }, entry.tail)),
      ),
      block('Evidence', evidence(cell)),
      block(
        'Checks that looked',
        checksOf(cell).length === 0
          ? []
          : element(
              'p',
              { class: 'tags' },
              checksOf(cell).map((check) => element('code', {}, check)),
            ),
      ),
    ].filter((part) => part !== undefined)
  }

  function checksOf(cell) {
    return (page.data.checkSets[cell.checks] ?? '').split(',').filter((check) => check !== '')
  }

  function close(tile) {
    return element(
      'button',
      {
        type: 'button',
        class: 'quiet',
        'aria-label': 'Close cell',
        onclick: () => {
          page.closeCell()
          tile?.focus()
        },
      },
      '✕',
    )
  }

  function rates(cell) {
    const { control } = cell
    return [
      rate('candidate', cell.failing, cell.valid, cell.rateLow, cell.rateHigh),
      element(
        'p',
        { class: 'rate' },
        element('span', {}, 'control'),
        element('b', {}, `${control.failing} of ${control.valid} failed`),
        element(
          'span',
          { class: 'muted' },
          control.valid === 0 ? 'nothing to compare with' : control.cached ? 'shared control' : '',
        ),
      ),
    ]
  }

  /** The exact 95 % bounds as a bar from 0 to 100 %. */
  function rate(word, failing, valid, low, high) {
    const span = element('i', {})
    span.style.left = `${low * 100}%`
    span.style.width = `${Math.max(1, (high - low) * 100)}%`
    return element(
      'p',
      { class: 'rate' },
      element('span', {}, word),
      element('b', {}, `${failing} of ${valid} failed`),
      element(
        'span',
        {
          class: 'interval',
          role: 'img',
          'aria-label': `true rate between ${page.percent(low)} and ${page.percent(high)}`,
        },
        span,
      ),
      element('span', { class: 'muted' }, `true rate ${page.percent(low)} … ${page.percent(high)} (95 %)`),
    )
  }

  function symptomCard(symptom, cell) {
    const others = [...(page.bySignature.get(symptom.signature) ?? [])].filter((id) => id !== cell.id)
    return element(
      'article',
      { class: `symptom s-${symptom.severity}` },
      element(
        'h4',
        {},
        element('b', {}, symptom.class),
        element(
          'span',
          { class: 'muted' },
          ` in ${symptom.phase}${symptom.milestone ? `, at ${symptom.milestone}` : ''}${symptom.severity === 'warn' ? ', warning' : ''}`,
        ),
      ),
      element('p', {}, symptom.summary),
      element(
        'dl',
        { class: 'pair' },
        element('dt', {}, 'seen'),
        element('dd', {}, symptom.seen || '–'),
        element('dt', {}, 'expected'),
        element('dd', {}, symptom.expected || '–'),
      ),
      element(
        'code',
        { class: 'signature', title: 'signature: equal failures have equal signatures' },
        symptom.signature,
      ),
      others.length === 0
        ? undefined
        : element(
            'p',
            { class: 'muted' },
            `the same on ${others.length} more: `,
            others
              .slice(0, 8)
              .map((id) =>
                element('button', { type: 'button', class: 'link', onclick: () => page.openCell(id) }, id),
              ),
            others.length > 8 ? ' …' : '',
          ),
    )
  }

  function recovery(cell) {
    if (cell.recovery === undefined) return []
    return element(
      'p',
      {},
      cell.recovery.broughtBack
        ? `${cell.recovery.rung} brought the machine back.`
        : `No step brought the machine back; the last was ${cell.recovery.rung}.`,
    )
  }

  function waiver(cell) {
    if (cell.waiver === undefined) return []
    const { id, owner, ticket, reason, expires } = cell.waiver
    return element('p', {}, `${id} until ${expires}: ${reason} (${owner}, ${ticket})`)
  }

  function screens(cell) {
    return cell.evidence
      .filter((entry) => entry.image)
      .map((entry) =>
        element(
          'figure',
          {},
          element('img', { src: entry.image, alt: `Screen: ${entry.name}`, loading: 'lazy' }),
          element(
            'figcaption',
            { class: 'muted' },
            `${entry.name} · ${entry.arm} ${entry.attempt}, ${entry.phase}`,
          ),
        ),
      )
  }

  function evidence(cell) {
    if (cell.evidence.length === 0) return []
    const rows = cell.evidence.map((entry) => [
      entry.href === undefined ? entry.name : element('a', { href: entry.href }, entry.name),
      `${entry.arm} ${entry.attempt}`,
      `${entry.bytes.toLocaleString('en')} B${entry.cut ? ', cut' : ''}`,
      element('code', { title: entry.id }, entry.id.slice(0, 12)),
    ])
    return page.table(['file', 'attempt', 'size', 'sha256'], rows)
  }
}
