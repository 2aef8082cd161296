/** Signs of ours that an old console of Windows cannot show, or that a Windows pipe garbles, in those that come through. */

type Environment = Readonly<Record<string, string | undefined>>

/** What comes through: every sign, those of code page 437, or only ASCII. */
export type Signs = 'all' | 'code-page-437' | 'ascii'

/**
 * The signs that a stream carries. Outside of Windows all but on the console of the Linux kernel. On Windows the logs of CI systems
 * are UTF-8, and so is mintty; a console gets UTF-16 from Node.js, but its raster font has code page 437 only, unless it says who it
 * is: Windows Terminal, ConEmu, VS Code, JetBrains. Whoever reads a pipe there, PowerShell above all, reads the code page of the
 * console ([Console]::OutputEncoding), whatever the bytes are.
 */
export function signsOf(platform: NodeJS.Platform, environment: Environment, isTerminal: boolean): Signs {
  if (platform !== 'win32') return environment['TERM'] === 'linux' ? 'code-page-437' : 'all'
  const has = (name: string): boolean => environment[name] !== undefined
  if (
    ['CI', 'TF_BUILD', 'JENKINS_URL'].some(has) ||
    /^(?:xterm-256color|alacritty|rxvt-unicode)/.test(environment['TERM'] ?? '')
  )
    return 'all'
  if (!isTerminal) return 'ascii'
  return ['WT_SESSION', 'ConEmuTask', 'TERMINUS_SUBLIME'].some(has) ||
    environment['TERM_PROGRAM'] === 'vscode' ||
    environment['TERMINAL_EMULATOR'] === 'JetBrains-JediTerm'
    ? 'all'
    : 'code-page-437'
}

const CODE_PAGE_437: Readonly<Record<string, string>> = {
  '✓': '√',
  '✗': 'x',
  '×': 'x',
  // One column, as the sign that it stands for.
  '…': '»',
  '–': '-',
  '—': '-',
  '’': "'",
  '‘': "'",
  '“': '"',
  '”': '"',
  '→': '->',
  '←': '<-',
  '▲': '!',
  '\u200b': '',
}
const ASCII: Readonly<Record<string, string>> = {
  ...CODE_PAGE_437,
  '✓': '+',
  '×': 'x',
  '…': '~',
  '─': '-',
  '·': '|',
  '∞': 'infinity',
}
const UNSHOWN = {
  'code-page-437': new RegExp(`[${Object.keys(CODE_PAGE_437).join('')}]`, 'gu'),
  ascii: new RegExp(`[${Object.keys(ASCII).join('')}]`, 'gu'),
}

/** The text with these signs only; characters of names and paths stay: a console of another language may show them. */
export function plainSigns(text: string, signs: Signs = 'code-page-437'): string {
  if (signs === 'all') return text
  const plain = signs === 'ascii' ? ASCII : CODE_PAGE_437
  return text.replace(UNSHOWN[signs], (sign) => plain[sign] ?? sign)
}

/** JSON of the same meaning in ASCII, which every code page reads. */
export function asciiJson(text: string): string {
  return text.replace(/[\u007f-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
}
