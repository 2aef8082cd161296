/**
 * Every script that ships is held against what Windows PowerShell 5.1 really has: commands and parameters as dumped on four
 * machines, types and members of the .NET Framework 4.6.2 and of PowerShell itself, and no construct of a later version.
 */
import { existsSync, globSync, readFileSync } from 'node:fs'
import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { packageRoot } from '../../src/kit/assets.ts'
import {
  checkTypes,
  parseScripts,
  type ScriptFacts,
  type TypeFacts,
} from '../stand-ins/powershell-host/powershell-host.ts'
import { WindowsPowerShell } from '../stand-ins/powershell-host/windows-powershell.ts'
import { saySkipped } from '../support/skipped-tests.ts'
import { notOnWindows } from '../windows-host/not-on-windows.ts'

const referenceData = process.env['RINGZERO_REFERENCE_DATA'] ?? ''
const dump = join(referenceData, 'windows/ps51-commands.json')
const published = join(referenceData, 'windows/hyperv-cmdlets.json')
const haveDump = referenceData !== '' && existsSync(dump)
if (!haveDump) saySkipped('set RINGZERO_REFERENCE_DATA to hold scripts against Windows PowerShell 5.1')

// The scripts below test/ run in the PowerShell 7 of the tests alone.
const files = globSync('{src,fixtures,matrices,docs}/**/*.{ps1,psm1}', { cwd: packageRoot }).sort()
let scripts: readonly ScriptFacts[]

beforeAll(async () => {
  scripts = await parseScripts(files.map((file) => join(packageRoot, file)))
}, 300_000)

/** Functions of all scripts with their parameters, in lower case: a library's are called by others. */
function functionsOf(facts: readonly ScriptFacts[]): ReadonlyMap<string, ReadonlySet<string>> {
  const own = new Map<string, Set<string>>()
  for (const { function: name, names } of facts.flatMap(({ parameters }) => parameters)) {
    const known = own.get(name.toLowerCase()) ?? new Set()
    for (const parameter of names) known.add(parameter.toLowerCase())
    own.set(name.toLowerCase(), known)
  }
  return own
}

/** One file for each text. */
async function planted(texts: readonly string[]): Promise<readonly string[]> {
  const folder = await mkdtemp(join(tmpdir(), 'rz-planted-'))
  const names = texts.map((_, index) => join(folder, `${index}.ps1`))
  await Promise.all(names.map((name, index) => writeFile(name, texts[index] ?? '')))
  return names
}

/** A fault put into a script: what it is, the text, and a piece of what must be said of it. */
type Fault = readonly [what: string, text: string, message: string]

/** Asks about all planted texts in one process, once; the answer for each by what it is. */
function answers<T>(
  faults: readonly Fault[],
  ask: (files: readonly string[]) => Promise<readonly T[]>,
): (what: string) => Promise<T> {
  let asked: Promise<ReadonlyMap<string, T>> | undefined
  const all = async (): Promise<ReadonlyMap<string, T>> => {
    const found = await ask(await planted(faults.map(([, text]) => text)))
    return new Map(faults.map(([what], index) => [what, found[index] as T]))
  }
  return async (what) => (await (asked ??= all())).get(what) as T
}

function newerThan51(facts: readonly ScriptFacts[]): readonly string[] {
  return facts.flatMap(({ file, newer }) => newer.map(({ line, message }) => `${file}:${line}: ${message}`))
}

const NEWER: readonly Fault[] = [
  ['a choice', '$x = $a ? 1 : 2', 'a ? b : c'],
  ['a default for nothing', '$x = $a ?? 1', '??'],
  ['a default that is kept', '$a ??= 1', '??='],
  ['a member of what may be nothing', '${a}?.Name', '?.'],
  ['an element of what may be nothing', '${a}?[0]', '?[]'],
  ['an and of pipelines', 'Get-Item x && Get-Item y', '&&'],
  ['an or of pipelines', 'Get-Item x || Get-Item y', '||'],
  ['a pipeline in the background', 'Get-Item x &', '&'],
  ['a pipe at the start of a line', 'Get-Item x\n  | Sort-Object', 'begins with |'],
  ['a range of letters', "'a'..'f'", 'range of characters'],
  ['a suffix of a number', '$x = 1uy', 'suffix'],
  ['a binary number', '$x = 0b101', 'binary'],
  ['a code point', '"`u{1F600}"', '`u{}'],
  ['an escape character, in a text within a text', '"$(Get-Item "`e[0m")"', '`e'],
  ['a variable that 5.1 does not have', 'if ($IsWindows) { 1 }', '$IsWindows'],
  ['a script block that replaces', "'a' -replace 'b', { 'c' }", '-replace'],
  ['type arguments of a method', '[Linq.Enumerable]::OfType[int]($x)', 'type arguments'],
  ['a using statement', 'using namespace System.IO', 'using'],
  ['a block that cleans up', 'function f { process { } clean { } }', 'clean'],
  ['a version that it asks for', '#Requires -Version 7.0', '#Requires'],
  ['a letter that is no ASCII', '"\u00fc"', 'ASCII'],
]

const COMMANDS: readonly Fault[] = [
  ['a misspelt command', 'Get-Itme -LiteralPath x', 'Get-Itme is no command'],
  ['a command of a later version', 'Get-Error', 'Get-Error is no command'],
  ['a misspelt parameter', 'Get-Item -LiteralPaht x', 'no parameter -literalpaht'],
  ['a parameter of a later version', 'ConvertFrom-Json -InputObject x -Depth 3', 'no parameter -depth'],
  ['another one', 'ConvertFrom-Json $x -AsHashtable', 'no parameter -ashashtable'],
  ['a loop side by side', '1 | ForEach-Object -Parallel { 1 }', 'no parameter -parallel'],
  ['bytes of a file', 'Get-Content -LiteralPath x -AsByteStream', 'no parameter -asbytestream'],
  ['an encoding of a later version', 'Set-Content x y -Encoding utf8NoBOM', 'takes unknown'],
  ['a preference of a later version', 'Get-Item x -ErrorAction Break', 'takes silentlycontinue'],
  ['a third part of a path', 'Join-Path a b c', 'no parameter set'],
  ['a word too many', 'Get-Item a b c', 'no parameter set'],
  ['parameters of two sets', 'Get-Item -Path x -LiteralPath y', 'no parameter set'],
  ['a splat', '$a = @{ Pth = 1 }; Get-Item @a', 'no parameter -pth'],
  ['an alias', 'gci x', 'alias'],
  ['an alias of one character', '1 | % { $_ }', 'alias'],
  ['a command of another module', 'Hyper-V\\Get-Item x', 'of Microsoft.PowerShell.Management'],
  ['a command that client editions lack', 'Get-WindowsFeature', 'not there on Microsoft Windows 10'],
  ['a parameter that an older build lacks', 'Add-AppxPackage x -RegisterByFamilyName', '2016'],
  ['a program without its ending', 'ipconfig /all', 'neither a command nor a program'],
  ['a program that Windows lacks', '& "$env:windir\\System32\\rgedit.exe" x', 'rgedit.exe is no program'],
  ['an own function', 'function Get-Own($A) { $A }; Get-Own -B 1', 'no parameter -B'],
]

const TYPES: readonly Fault[] = [
  ['a misspelt type', "[IO.Fiel]::ReadAllText('x')", 'no type [IO.Fiel]'],
  ['a type of .NET', "[System.Text.Json.JsonDocument]::Parse('1')", 'no type [System.Text.Json'],
  ['a short name of a later version', "[semver]'1.2'", 'no type [semver]'],
  ['a misspelt type of PowerShell', '[Management.Automation.ErrorRecrod]$x', 'no type'],
  ['a misspelt type of an object', "New-Object IO.FileStraem('x', 'Open')", 'no type IO.FileStraem'],
  ['a misspelt attribute', "[ValidateStes('a')]$x = 'a'", 'no type [ValidateStes]'],
  ['a misspelt static method', "[IO.File]::ReadAlText('x')", 'no method ReadAlText'],
  ['a static method of .NET', '[Convert]::ToHexString($x)', 'no method ToHexString'],
  ['a misspelt static property', '[datetime]::UtcNwo', 'no member UtcNwo'],
  ['a misspelt name of an enumeration', '[DayOfWeek]::Munday', 'no member Munday'],
  ['a misspelt text of an enumeration', "[IO.File]::Open('x', 'Opne')", "'Opne' is no"],
  ['an overload of .NET', "[IO.File]::Move('a', 'b', $true)", 'takes no 3 arguments'],
  ['a constructor that is not there', '[IO.MemoryStream]::new(1, 2, 3, 4, 5, 6, 7)', 'takes no 7 arguments'],
  ['a misspelt member of a text', "$x = 'a'\n$x.Substrin(1)", ':2: [System.String] has no method Substrin'],
  [
    'a member along a chain',
    '$x = [Diagnostics.Stopwatch]::StartNew()\n$x.Elapsed.TotalSecond',
    'TotalSecond',
  ],
  [
    'a property of .NET',
    '$x = [Diagnostics.ProcessStartInfo]::new()\n$x.ArgumentList',
    'no member ArgumentList',
  ],
  [
    'a property that cannot be set',
    '$p = [Diagnostics.Process]::new()\n$p.HasExited = $true',
    'cannot be set',
  ],
  ['a parameter with a type', 'param([IO.FileInfo]$F)\n$F.FulName', 'no member FulName'],
  ['an error', 'try { 1 } catch { $_.Exception.Mesage }', 'no member Mesage'],
  ['what a command puts out', 'foreach ($s in Get-Service) { $s.Statsu }', 'no member Statsu'],
  ['what comes through a pipeline', "Get-Process | Where-Object { $_.ProcesName -eq 'x' }", 'ProcesName'],
  ['a list of a type', '$l = [Collections.Generic.List[string]]::new()\n$l[0].Trin()', 'no method Trin'],
  [
    'an argument of another type',
    '$p = [Diagnostics.Process]::new()\n$p.WaitForExit([timespan]::Zero)',
    'takes no [System.TimeSpan]',
  ],
  ['a property of an object made from a table', '[IO.MemoryStream]@{ Positoin = 1 }', 'no property Positoin'],
  ['a text that splits by characters', "'a::b'.Split('::')", 'splits at each of its characters'],
]

function problemsOf(facts: readonly TypeFacts[]): readonly string[] {
  return facts.flatMap(({ file, problems }) =>
    problems.map(({ line, message }) => `${file}:${line}: ${message}`),
  )
}

describe('constructs of PowerShell 6 and later', () => {
  it('stand in no script that ships', () => {
    expect(newerThan51(scripts)).toEqual([])
  })

  const of = answers(NEWER, parseScripts)

  it.each(NEWER)('are found: %s', async (what, _, message) => {
    expect((await of(what)).newer.map((found) => found.message).join()).toContain(message)
  })

  it('are not seen in what 5.1 reads the same way', async () => {
    const text = [
      '$a = \'x ?? y && z `u{41}\'; $b = "`n`t`0 a ? b : c" # ?? ||',
      '1..3 | ForEach-Object { $_ } |\n    Sort-Object',
      'if ($PSVersionTable.PSVersion.Major -lt 6 -or $IsWindows) { 1kb; 0x1F; 1.5d; 3L }',
    ]
    expect(newerThan51(await parseScripts(await planted([text.join('\n')])))).toEqual([])
  })
})

describe.runIf(haveDump)('commands', () => {
  const windows = (): WindowsPowerShell => new WindowsPowerShell(dump, published)

  it('of scripts that ship are there on every dumped machine, with their parameters', () => {
    const own = functionsOf(scripts)
    expect(scripts.length).toBeGreaterThan(40)
    expect(scripts.flatMap((script) => windows().check(script, own))).toEqual([])
  })

  const of = answers(COMMANDS, parseScripts)

  it.each(COMMANDS)('are found where they are not: %s', async (what, _, message) => {
    const facts = await of(what)
    expect(
      windows()
        .check(facts, functionsOf([facts]))
        .join('\n'),
    ).toContain(message)
  })

  it('are found in a script that ships when one parameter is misspelt', async () => {
    const script = join(packageRoot, files.find((file) => file.endsWith('setup-state.ps1')) ?? '')
    const text = readFileSync(script, 'utf8')
    const mutant = text.replace('-LiteralPath', '-LiteralPaht')
    expect(mutant).not.toBe(text)
    const facts = await parseScripts(await planted([mutant]))
    const own = functionsOf([...scripts, ...facts])
    expect(facts.flatMap((one) => windows().check(one, own)).join()).toContain('no parameter -literalpaht')
  })
})

describe.runIf(haveDump)(
  'types and members',
  notOnWindows('metadata of the .NET Framework, which the tool of Linux reads'),
  () => {
    it('of scripts that ship are those of the .NET Framework 4.6.2 and of PowerShell 5.1', async () => {
      const facts = await checkTypes(
        dump,
        files.map((file) => join(packageRoot, file)),
      )
      const sum = (of: (one: TypeFacts) => number): number => facts.reduce((all, one) => all + of(one), 0)
      console.info(
        `${facts.length} scripts: ${sum(({ types }) => types)} types, ${sum(({ members }) => members)} members looked up, ${sum(({ unknown }) => unknown)} members of values whose type the text does not say`,
      )
      expect(sum(({ types }) => types)).toBeGreaterThan(500)
      expect(sum(({ members }) => members)).toBeGreaterThan(500)
      expect(problemsOf(facts)).toEqual([])
    })

    it('of assemblies that no session has loaded stand where the script loads them', async () => {
      const facts = await checkTypes(
        dump,
        files.map((file) => join(packageRoot, file)),
      )
      const missing = facts.flatMap(({ file, assemblies }) => {
        const text = readFileSync(file, 'utf8')
        return assemblies
          .filter(
            (assembly) =>
              !text.includes(`'${assembly}'`) || !/LoadWithPartialName|Add-Type|::Load\(/.test(text),
          )
          .map((assembly) => `${file}: ${assembly}`)
      })
      expect(missing).toEqual([])
    })

    const of = answers(TYPES, async (found) => checkTypes(dump, found))

    it.each(TYPES)('are found where they are not: %s', async (what, _, message) => {
      expect(problemsOf([await of(what)]).join('\n')).toContain(message)
    })

    it('are not asked of values that bring their own members', async () => {
      const text = [
        '$table = @{ a = 1 }; $table.b; $table.Count',
        "$xml = New-Object Xml.XmlDocument; $xml.LoadXml('<a><b/></a>'); $xml.a.b",
        '(Get-CimInstance -ClassName Win32_Process)[0].CreationDate',
        "$list = @('a'); $list.Length; $list.Count",
        "(Get-Item 'x').Anything; $Parameters.anything",
        "[Diagnostics.Process]::GetCurrentProcess().Path; [IO.FileInfo]::new('x').BaseName",
        'foreach ($end in [Net.NetworkInformation.IPGlobalProperties]::GetIPGlobalProperties().GetActiveTcpListeners()) { $end.Port }',
      ]
      expect(problemsOf(await checkTypes(dump, await planted([text.join('\n')])))).toEqual([])
    })
  },
)
