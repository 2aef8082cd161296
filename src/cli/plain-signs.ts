/** Signs of ours that an old console of Windows cannot show, in those that it can (code page 437). */

type Environment = Readonly<Record<string, string | undefined>>

/**
 * Whether the terminal shows more than code page 437. Outside of Windows all do but the console of the Linux kernel; on Windows
 * those that say who they are: Windows Terminal, ConEmu, VS Code, JetBrains, and CI systems, whose logs are UTF-8.
 */
export function showsUnicode(platform: NodeJS.Platform, environment: Environment): boolean {
  if (platform !== 'win32') return environment['TERM'] !== 'linux'
  return (
    ['WT_SESSION', 'ConEmuTask', 'TERMINUS_SUBLIME', 'CI', 'TF_BUILD', 'JENKINS_URL'].some(
      (name) => environment[name] !== undefined,
    ) ||
    environment['TERM_PROGRAM'] === 'vscode' ||
    environment['TERMINAL_EMULATOR'] === 'JetBrains-JediTerm' ||
    /^(?:xterm-256color|alacritty|rxvt-unicode)/.test(environment['TERM'] ?? '')
  )
}

const PLAIN: Readonly<Record<string, string>> = {
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
const UNSHOWN = new RegExp(`[${Object.keys(PLAIN).join('')}]`, 'gu')

/** The text with these signs only; characters of names and paths stay: a console of another language may show them. */
export function plainSigns(text: string): string {
  return text.replace(UNSHOWN, (sign) => PLAIN[sign] ?? sign)
}
