/** What a command writes into a terminal of 80 columns, as a page that a browser can take a picture of. */
import { spawnSync } from 'node:child_process'

/** Colours of the terminal's palette by their number. */
const COLOURS: Readonly<Record<string, string>> = {
  '31': '#ff7b72',
  '32': '#7ee787',
  '33': '#e3b341',
  '36': '#79c0ff',
  '90': '#8b949e',
}

/** Runs the built command line behind a terminal of its own (`script` of util-linux). @throws Error where it wrote nothing */
export function terminalOutput(commandLine: string, folder: string): string {
  const inside = `stty cols 80 rows 40; exec ${commandLine}`
  const { CI: _, NO_COLOR: _none, ...environment } = process.env
  const done = spawnSync('script', ['-qec', inside, '/dev/null'], {
    cwd: folder,
    encoding: 'utf8',
    env: { ...environment, TERM: 'xterm-256color' },
  })
  const text = done.stdout.replaceAll('\r', '')
  if (text.trim() === '') throw new Error(`${commandLine} wrote nothing: ${done.stderr}`)
  return text
}

/** One HTML document; sequences other than those for colours and bold are left out. */
export function terminalPage(prompt: string, output: string): string {
  const text = output.replaceAll(/\u001B\[[0-9;?]*[A-Za-ln-z]/g, '').trimEnd()
  const parts = text.split(/\u001B\[([0-9;]*)m/)
  let style = ''
  const html = parts.map((part, at) => {
    if (at % 2 === 0)
      return style === '' ? escapeHtml(part) : `<span style="${style}">${escapeHtml(part)}</span>`
    const codes = part.split(';')
    const colour = codes.flatMap((code) => COLOURS[code] ?? []).at(0)
    if (colour !== undefined) style = `color:${colour}`
    else if (codes.includes('1')) style = 'font-weight:700'
    else style = ''
    return ''
  })
  return `<!doctype html><meta charset="utf-8"><style>
body { margin: 0; background: #0d1117 }
pre { display: inline-block; width: 80ch; margin: 0; padding: 16px 20px; color: #e6edf3; font: 14px/1.35 "DejaVu Sans Mono", monospace; white-space: pre }
.prompt { color: #8b949e }
</style><pre><span class="prompt">$ ${escapeHtml(prompt)}</span>\n${html.join('')}</pre>`
}

function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
}
