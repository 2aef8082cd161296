/** Completion as shells really do it: each is started with its script, and asked by its own means what it offers at a Tab. */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runProgram } from '../../src/kit/process.ts'
import { searchPath } from '../../src/kit/search-path.ts'
import { parseScripts, powerShellHost } from '../stand-ins/powershell-host/powershell-host.ts'
import { saySkipped } from '../support/skipped-tests.ts'
import { notOnWindows } from '../windows-host/not-on-windows.ts'

const root = resolve(import.meta.dirname, '../..')
const folder = mkdtempSync(join(tmpdir(), 'rz-completion-'))
const scripts = { bash: 'c.bash', zsh: 'c.zsh', fish: 'c.fish', powershell: 'c.ps1' } as const

beforeAll(() => {
  for (const [shell, file] of Object.entries(scripts)) {
    const made = spawnSync(process.execPath, [join(root, 'dist/main.js'), 'completion', shell], {
      encoding: 'utf8',
      env: { ...process.env, CI: 'true' },
    })
    if (made.stderr !== '') throw new Error(made.stderr)
    writeFileSync(join(folder, file), made.stdout)
  }
  mkdirSync(join(folder, 'work'))
  writeFileSync(join(folder, 'work/matrix.yaml'), '')
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** What each line of a shell offers at its end, as the shell's own program prints it: one word a line. */
type Ask = (line: string) => Promise<readonly string[]>

const MATRIX_FILE = expect.arrayContaining([expect.stringMatching(/matrix\.yaml$/) as string]) as string[]

const words = (text: string): readonly string[] =>
  text
    .split('\n')
    .filter((line) => line !== '')
    .toSorted()

async function bash(line: string): Promise<readonly string[]> {
  // What bash does at a Tab (bash manual, "Programmable Completion"): words, place, then the function.
  const typed = line.split(' ')
  const command = `source ${scripts.bash}; cd work
COMP_WORDS=(${typed.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${typed.length - 1}; COMP_LINE='${line}'; COMP_POINT=${line.length}
_ringzero ringzero "\${COMP_WORDS[COMP_CWORD]}" "\${COMP_WORDS[COMP_CWORD-1]}"
(( \${#COMPREPLY[@]} )) || COMPREPLY=( $(compgen -o default -- "\${COMP_WORDS[COMP_CWORD]}") )
printf '%s\\n' "\${COMPREPLY[@]}"`
  const done = await runProgram('bash', ['--norc', '-c', command], { cwd: folder })
  expect(done.stderr.toString()).toBe('')
  return words(done.stdout.toString())
}

/** A zsh of its own behind a terminal, in which a key tells what the line became and what was offered. */
async function zsh(line: string): Promise<readonly string[]> {
  const command = `zmodload zsh/zpty
zpty shell zsh -f -i
zpty -w shell $'PS1= PS2=; setopt no_beep no_list_ambiguous; zstyle ":completion:*" list-grouped false; source ${scripts.zsh}; cd work'
zpty -w shell $'bindkey -r "^I"; offered() { local -a all; compadd() { if [[ " $* " == *" -O "* || " $* " == *" -A "* || " $* " == *" -D "* ]]; then builtin compadd "$@"; else local -a found; builtin compadd -O found "$@"; all+=( $found ); builtin compadd "$@"; fi; }; _main_complete; unfunction compadd; print -rl -- "<<<" $all ">>>" > /dev/tty; }; zle -C offer complete-word offered; bindkey "^I" offer; print ready-$((1+1))'
zpty -r shell said '*ready-2*'
zpty -w -n shell $'${line}\\t'
zpty -r shell said '*>>>*'
print -r -- $said`
  const done = await runProgram('zsh', ['-f', '-c', command], { cwd: folder, timeoutMs: 30_000 })
  const [, offered = ''] = /<<<\r?\n([\s\S]*?)>>>/.exec(done.stdout.toString()) ?? []
  return words(offered.replaceAll('\r', ''))
}

async function fish(line: string): Promise<readonly string[]> {
  const command = `source ${scripts.fish}; cd work; complete -C '${line}'`
  const done = await runProgram('fish', ['--no-config', '-c', command], { cwd: folder })
  expect(done.stderr.toString()).toBe('')
  return words(done.stdout.toString()).map((offer) => offer.split('\t')[0] ?? '')
}

async function powershell(line: string): Promise<readonly string[]> {
  const command = `. ${join(folder, scripts.powershell)}
[System.Management.Automation.CommandCompletion]::CompleteInput('${line}', ${line.length}, $null).CompletionMatches | ForEach-Object { $_.CompletionText }`
  const done = await runProgram(
    await powerShellHost(),
    ['-EncodedCommand', Buffer.from(command, 'utf16le').toString('base64')],
    { cwd: join(folder, 'work') },
  )
  expect(done.stderr.toString()).toBe('')
  return words(done.stdout.toString())
}

const shells: readonly (readonly [string, Ask, boolean])[] = [
  ['bash', bash, true],
  ['zsh', zsh, has('zsh')],
  ['fish', fish, has('fish')],
  ['PowerShell', powershell, has('dotnet')],
]
for (const [name, , present] of shells)
  if (!present) saySkipped(`install ${name === 'PowerShell' ? 'dotnet' : name} to see completion in ${name}`)

function has(program: string): boolean {
  return searchPath().some((place) => existsSync(join(place, program)))
}

describe.each(shells)(
  '%s',
  { timeout: 180_000, ...notOnWindows('shells of Linux') },
  (name, offers, present) => {
    it.skipIf(!present)('offers commands, and those of a topic by its words', async () => {
      expect(await offers('ringzero pl')).toEqual(['plan'])
      expect(await offers('ringzero images ')).toEqual(['build', 'list', 'prune'])
      expect(await offers('ringzero candidate h')).toEqual(['hash'])
      expect(await offers('ringzero drill se')).toEqual(['seal'])
      const first = await offers('ringzero ')
      expect(first).toEqual(
        expect.arrayContaining(['checkpoints', 'completion', 'drill', 'images', 'init', 'run']),
      )
      expect(first.filter((word) => word.includes(':'))).toEqual([])
    })

    it.skipIf(!present)(
      'offers the flags of the command, behind its arguments and other flags too',
      async () => {
        expect(await offers('ringzero plan --js')).toEqual(['--json'])
        expect(await offers('ringzero run matrix.yaml --cand')).toEqual(['--candidate'])
        expect(await offers('ringzero run matrix.yaml --candidate x --js')).toEqual(['--json'])
        expect(await offers('ringzero images list --j')).toEqual(['--json'])
        expect(await offers('ringzero drill --ful')).toEqual(['--full'])
      },
    )

    it.skipIf(!present)('offers the values of a flag', async () => {
      expect(await offers('ringzero report runs --junit-profile ')).toEqual([
        'azure',
        'gitlab',
        'jenkins',
        'plain',
      ])
      expect(await offers('ringzero init --ci git')).toEqual(['github', 'gitlab'])
    })

    // The engine of the tests has no file system: there our own offer of nothing is seen, upon which PowerShell offers files.
    it.skipIf(!present)('offers files where an argument or a flag takes one', async () => {
      const file = name === 'PowerShell' ? [] : MATRIX_FILE
      expect(await offers('ringzero plan mat')).toEqual(file)
      expect(await offers('ringzero plan x --lab mat')).toEqual(file)
    })
  },
)

describe('the script for PowerShell', () => {
  it('is one of Windows PowerShell 5.1, in ASCII', notOnWindows('dotnet'), async (test) => {
    if (!has('dotnet')) return test.skip('no dotnet to build the PowerShell engine with')
    const [facts] = await parseScripts([join(folder, scripts.powershell)])
    expect(facts).toMatchObject({ errors: [], newer: [] })
    expect(readFileSync(join(folder, scripts.powershell), 'utf8')).toMatch(/^[\n -~]*$/)
  })
})
