// Makes elements. All text goes in through textContent: what a guest wrote can never become markup.
'use strict'
const page = { data: JSON.parse(document.getElementById('data').textContent) }

/** element('p', { class: 'x', onclick: f }, 'text', child, …); null and undefined children are left out. */
page.element = (name, attributes = {}, ...children) => {
  const made = document.createElement(name)
  for (const [key, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue
    if (key.startsWith('on')) made.addEventListener(key.slice(2), value)
    else if (value === true) made.setAttribute(key, '')
    else made.setAttribute(key, String(value))
  }
  made.append(...children.flat(3).filter((child) => child !== undefined && child !== null))
  return made
}

/** Draws parts of the page one after the other; one that fails is told at the top and takes no other with it. */
page.draw = (...parts) => {
  for (const part of parts)
    try {
      part()
    } catch (error) {
      const text = `A part of this page could not be drawn (${String(error)}). What it should show is in the files beside it.`
      document.body.prepend(page.element('p', { class: 'undrawn', role: 'alert' }, text))
    }
}

page.outcomes = ['fail', 'inconclusive', 'warn', 'not-run', 'pass']
page.signs = { pass: '✓', warn: '▲', fail: '✗', inconclusive: '?', 'not-run': '·' }
page.words = {
  pass: 'passed',
  warn: 'passed with warnings',
  fail: 'failed',
  inconclusive: 'inconclusive',
  'not-run': 'not run',
}

/** A badge with colour and sign. */
page.badge = (outcome, text = outcome) =>
  page.element(
    'span',
    { class: `badge o-${outcome}` },
    page.element('b', { 'aria-hidden': 'true' }, page.signs[outcome]),
    ` ${text}`,
  )

page.duration = (milliseconds) => {
  if (!(milliseconds >= 0)) return '–'
  if (milliseconds < 1000) return `${Math.round(milliseconds)} ms`
  const seconds = milliseconds / 1000
  if (seconds < 60) return `${seconds < 10 ? seconds.toFixed(1) : Math.round(seconds)} s`
  const minutes = Math.floor(seconds / 60)
  return minutes < 60
    ? `${minutes} min ${Math.round(seconds % 60)} s`
    : `${Math.floor(minutes / 60)} h ${minutes % 60} min`
}

page.percent = (share) => `${(share * 100).toFixed(share === 0 || share >= 0.1 ? 0 : 1)} %`

/** A table of head words and rows of nodes or texts. */
page.table = (head, rows) =>
  page.element(
    'div',
    { class: 'scroll' },
    page.element(
      'table',
      { class: 'plain' },
      page.element(
        'thead',
        {},
        page.element(
          'tr',
          {},
          head.map((word) => page.element('th', { scope: 'col' }, word)),
        ),
      ),
      page.element(
        'tbody',
        {},
        rows.map((row) =>
          page.element(
            'tr',
            {},
            row.map((cell) => page.element('td', {}, cell)),
          ),
        ),
      ),
    ),
  )

/** Switches between light and dark; what the system prefers comes first. */
page.themeButton = () =>
  page.element(
    'button',
    {
      type: 'button',
      class: 'quiet',
      onclick: () => {
        const root = document.documentElement
        const dark = root.dataset.theme
          ? root.dataset.theme === 'dark'
          : matchMedia('(prefers-color-scheme: dark)').matches
        root.dataset.theme = dark ? 'light' : 'dark'
      },
    },
    '◐ theme',
  )

/** A titled block; nothing when there is nothing to show. */
page.block = (title, ...children) => {
  const shown = children.flat().filter((child) => child !== undefined && child !== null)
  return shown.length === 0
    ? undefined
    : page.element('section', { class: 'block' }, page.element('h3', {}, title), shown)
}

/** Titles of axis values, by axis and id. */
page.axes = page.data.matrix.axes
page.titles = new Map(
  page.axes.map((axis) => [axis.id, new Map(axis.values.map((value) => [value.id, value.title]))]),
)
page.valueTitle = (axis, value) => page.titles.get(axis)?.get(value) ?? value ?? '–'
/** Values of a combination with their axes, as one inline piece. */
page.combination = (values) =>
  page.element(
    'span',
    { class: 'combination' },
    Object.entries(values).flatMap(([axis, value], index) => [
      index > 0 ? ' × ' : '',
      page.element(
        'span',
        { class: 'value' },
        page.element('small', {}, page.axes.find((entry) => entry.id === axis)?.title ?? axis),
        page.valueTitle(axis, value),
      ),
    ]),
  )
page.byId = new Map(page.data.cells.map((cell) => [cell.id, cell]))
page.bySignature = new Map()
for (const cell of page.data.cells)
  for (const symptom of cell.symptoms ?? []) {
    const known = page.bySignature.get(symptom.signature)
    if (known === undefined) page.bySignature.set(symptom.signature, new Set([cell.id]))
    else known.add(cell.id)
  }
