/** Every script that ships parses with the real engine and calls cmdlets as they are published. */
import { existsSync, globSync, readFileSync } from 'node:fs'
import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { packageRoot } from '../../../../src/kit/assets.ts'
import { parseScripts, type ScriptFacts } from '../../../stand-ins/powershell-host/powershell-host.ts'
import { CmdletReference, type Finding } from './cmdlet-reference.ts'
import { saySkipped } from '../../../support/skipped-tests.ts'

const referenceData = process.env['RINGZERO_REFERENCE_DATA'] ?? ''
const metadata = join(referenceData, 'windows/hyperv-cmdlets.json')
const haveMetadata = referenceData !== '' && existsSync(metadata)
if (!haveMetadata) saySkipped('set RINGZERO_REFERENCE_DATA to hold cmdlets against the published metadata')

const files = globSync('src/**/*.{ps1,psm1}', { cwd: packageRoot }).sort()
let scripts: readonly ScriptFacts[]

beforeAll(async () => {
  scripts = await parseScripts(files.map((file) => join(packageRoot, file)))
}, 300_000)

function functionsOf(facts: readonly ScriptFacts[]): ReadonlySet<string> {
  return new Set(facts.flatMap((script) => script.functions.map((name) => name.toLowerCase())))
}

describe('the scripts that ship', () => {
  it('are all found and parse without an error', () => {
    expect(files.length).toBeGreaterThan(15)
    expect(
      scripts.flatMap((script) =>
        script.errors.map((error) => `${script.file}:${error.line}: ${error.message}`),
      ),
    ).toEqual([])
  })

  it('never build code from text but in the bridge, and never call Invoke-Expression', () => {
    const found = scripts.flatMap((script) =>
      script.commands
        .filter((command) => ['invoke-expression', 'iex'].includes(command.name?.toLowerCase() ?? ''))
        .map((command) => `${script.file}:${command.line}`),
    )
    expect(found).toEqual([])
  })

  it.runIf(haveMetadata)('call every cmdlet with parameters of one published set and allowed values', () => {
    const reference = new CmdletReference(metadata)
    const own = functionsOf(scripts)
    const findings = scripts.flatMap((script) => reference.check(script, own))
    const warnings = [
      ...new Set(
        findings.filter(({ level }) => level === 'warning').map(({ message }) => message.split(': ')[1]),
      ),
    ]
    console.info(
      `not in the reference, to be looked up: ${warnings.toSorted((a, b) => (a ?? '').localeCompare(b ?? '')).join('; ')}`,
    )
    expect(findings.filter(({ level }) => level === 'error').map(({ message }) => message)).toEqual([])
  })
})

describe.runIf(haveMetadata)('the check of cmdlets', () => {
  async function findingsOf(text: string): Promise<readonly Finding[]> {
    const file = join(await mkdtemp(join(tmpdir(), 'rz-mutant-')), 'mutant.ps1')
    await writeFile(file, text)
    const facts = await parseScripts([file])
    return new CmdletReference(metadata).check(facts[0] as ScriptFacts, functionsOf(facts))
  }

  it.each([
    ['a misspelt parameter', 'Hyper-V\\New-VM -Name x -Generatoin 2', 'no parameter -generatoin'],
    [
      'a misspelt key of a splat',
      '$a = @{ Name = 1 }; $a["MemoryStartupBites"] = 1; New-VM @a',
      'memorystartupbites',
    ],
    [
      'a value that is not allowed',
      'Set-VMFirmware -VMName x -EnableSecureBoot Yes',
      'takes On, Off, not Yes',
    ],
    ['parameters of two sets', 'Mount-VHD -Path x -DiskNumber 1', 'disknumber'],
    ['a missing mandatory parameter', 'Set-VMComPort -Path x', 'no parameter set'],
    ['an argument too many', 'Get-VMFirmware a b c d', 'no parameter set'],
  ])('finds %s', async (_, text, message) => {
    const findings = await findingsOf(text)
    expect(findings.map((finding) => `${finding.level} ${finding.message}`).join()).toContain(message)
    expect(findings.every(({ level }) => level === 'error')).toBe(true)
  })

  it('finds one misspelt parameter in a script that ships', async () => {
    const script = readFileSync(join(packageRoot, 'src/plugins/providers/hyper-v/scripts/create.ps1'), 'utf8')
    expect(await findingsOf(script)).not.toContainEqual(expect.objectContaining({ level: 'error' }))
    const mutant = script.replace('-AutomaticStopAction', '-AutomaticStopActoin')
    expect(mutant).not.toBe(script)
    expect(await findingsOf(mutant)).toContainEqual(expect.objectContaining({ level: 'error' }))
  })
})
