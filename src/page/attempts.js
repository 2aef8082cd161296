// How far the attempts of a cell got, and how long their phases took.
{
  const { element } = page
  const MILESTONES = ['power', 'firmware', 'loader', 'kernel', 'agent', 'session', 'services', 'settled']

  /** Which milestone the last start of each attempt reached. */
  page.ladders = (cell) => {
    return cell.attempts
      .filter((attempt) => attempt.milestone !== undefined)
      .map((attempt) => {
        const reached = MILESTONES.indexOf(attempt.milestone)
        const steps = MILESTONES.map((step, index) =>
          element(
            'li',
            {
              class:
                index < reached
                  ? 'done'
                  : index === reached
                    ? step === 'settled'
                      ? 'done'
                      : 'last'
                    : undefined,
              'aria-current': index === reached ? 'step' : undefined,
            },
            step,
          ),
        )
        return element(
          'div',
          { class: 'ladder' },
          element('span', {}, armWord(attempt)),
          element('ol', {}, steps),
        )
      })
  }

  function armWord(attempt) {
    return `${attempt.arm}${attempt.attempt > 1 ? ` ${attempt.attempt}` : ''}`
  }

  /** Phases of each attempt on one scale. */
  page.timelines = (cell) => {
    const longest = Math.max(1, ...cell.attempts.map((attempt) => spanOf(attempt)))
    return cell.attempts.map((attempt) => {
      const bars = attempt.phases.map(([phase, start, length, end]) => {
        const lasted = length ?? Math.max(0, spanOf(attempt) - start)
        const bar = element('i', { class: `e-${end}`, title: `${phase}: ${end}, ${page.duration(lasted)}` })
        bar.style.left = `${(start / longest) * 100}%`
        bar.style.width = `${Math.max(0.6, (lasted / longest) * 100)}%`
        return bar
      })
      const list = attempt.phases.map(([phase, , length, end]) => {
        const took = length === null ? 'open' : page.duration(length)
        const note = element('span', { class: 'muted' }, `${took}${end === 'done' ? '' : `, ${end}`}`)
        return element('li', { class: `e-${end}` }, `${phase} `, note)
      })
      return element(
        'details',
        { class: 'attempt', open: attempt.arm === 'candidate' && cell.outcome !== 'pass' },
        element(
          'summary',
          {},
          element('span', { class: 'who' }, armWord(attempt)),
          element('span', { class: 'time', 'aria-hidden': 'true' }, bars),
          element(
            'span',
            { class: 'muted' },
            `${attempt.end}, ${page.duration(spanOf(attempt))}${attempt.host ? ` on ${attempt.host}` : ''}`,
          ),
        ),
        attempt.invalid === undefined
          ? undefined
          : element('p', { class: 'alarm' }, `Does not count: ${attempt.invalid}`),
        element('ol', { class: 'phases' }, list),
      )
    })
  }

  function spanOf(attempt) {
    return attempt.length ?? Math.max(0, ...attempt.phases.map(([, start, length]) => start + (length ?? 0)))
  }
}
