/** Completion for PowerShell: in words that Windows PowerShell 5.1 understands, too, and in ASCII, which it reads from any file. */
import { plainSigns } from '../plain-signs.ts'
import { wordsSoFar, type CompletedCommand } from './completed-command.ts'

/** The script, for a file that `$PROFILE` dots; where it offers nothing, PowerShell offers files. */
export function powershellCompletion(bin: string, commands: readonly CompletedCommand[]): string {
  const all = wordsSoFar(commands).map(({ words, next, flags }) =>
    table({
      words: quoted(words),
      next: list(next.map(({ word, summary }) => table({ text: quoted(word), says: quoted(summary) }))),
      flags: list(
        flags.map(({ name, takesValue, options, description }) =>
          table({
            text: quoted(`--${name}`),
            says: quoted(description),
            takesValue: takesValue ? '$true' : '$false',
            options: list(options.map(quoted)),
          }),
        ),
      ),
    }),
  )
  return `# Completion of ${bin} for PowerShell 5.1 and 7, made by: ${bin} completion powershell
Register-ArgumentCompleter -Native -CommandName '${bin}', '${bin}.cmd', '${bin}.ps1' -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)
    $commands = @(
${all.map((line) => `        ${line}`).join('\n')}
    )
    $typed = @($commandAst.CommandElements | Where-Object { $_.Extent.EndOffset -lt $cursorPosition } | ForEach-Object { $_.Extent.Text })
    $known = $commands[0]
    for ($at = 1; $at -lt $typed.Count; $at++) {
        $words = ($known.words + ' ' + $typed[$at]).Trim()
        $longer = $commands | Where-Object { $_.words -ceq $words }
        if ($null -eq $longer) { break }
        $known = $longer
    }
    $offered = $known.next
    if ($wordToComplete -like '-*') { $offered = $known.flags }
    $flag = $known.flags | Where-Object { $_.takesValue -and $typed.Count -gt 1 -and $_.text -ceq $typed[-1] }
    if ($null -ne $flag) { $offered = @($flag.options | ForEach-Object { @{ text = $_; says = $flag.says } }) }
    foreach ($one in $offered) {
        if ($one.text.StartsWith($wordToComplete)) {
            $says = $one.says
            if ($says -eq '') { $says = $one.text }
            [System.Management.Automation.CompletionResult]::new($one.text, $one.text, 'ParameterValue', $says)
        }
    }
}
`
}

function table(members: Readonly<Record<string, string>>): string {
  return `@{ ${Object.entries(members)
    .map(([name, value]) => `${name} = ${value}`)
    .join('; ')} }`
}

function list(members: readonly string[]): string {
  return `@(${members.join(', ')})`
}

function quoted(text: string): string {
  return `'${plainSigns(text, 'ascii')
    .replaceAll("'", "''")
    .replace(/\s+/g, ' ')
    .replace(/[^ -~]/g, '?')}'`
}
