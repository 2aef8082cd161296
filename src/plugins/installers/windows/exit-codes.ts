/** What the exit codes of Windows' installation tools mean (data/windows-exit-codes.json). */
import { readFileSync } from 'node:fs'
import { assetPath } from '../../../kit/assets.ts'
import type { InstallFactOf } from '../../../sdk/installer.ts'

export type WindowsTool = 'pnputil' | 'msiexec' | 'dism'
type Outcome = InstallFactOf['outcome']
type Table = Readonly<Record<string, readonly [outcome: Outcome, meaning: string]>>

let tables: Readonly<Record<string, Table>> | undefined

/**
 * Outcome of each code of a tool in both spellings: Windows' codes are 32 bits, which some channels hand over signed
 * (-2146498530) and others unsigned (2148468766).
 */
export function exitCodesOf(tool: WindowsTool): Readonly<Record<string, Outcome>> {
  const outcomes: Record<string, Outcome> = {}
  for (const [code, [outcome]] of Object.entries(tableOf(tool))) {
    outcomes[String(Number(code) >>> 0)] = outcome
    outcomes[String(Number(code) | 0)] = outcome
  }
  return outcomes
}

/** `msiexec 1618: another installation is running`; codes that are not listed are shown in hexadecimal. */
export function explainExitCode(tool: WindowsTool, exitCode: number): string {
  const unsigned = exitCode >>> 0
  const row = Object.entries(tableOf(tool)).find(([code]) => Number(code) >>> 0 === unsigned)
  const shown = unsigned > 0xffff ? `0x${unsigned.toString(16).padStart(8, '0')}` : String(unsigned)
  return `${tool} ${shown}: ${row?.[1][1] ?? 'meaning unknown'}`
}

function tableOf(tool: WindowsTool): Table {
  tables ??= (
    JSON.parse(
      readFileSync(assetPath('plugins/installers/windows/data/windows-exit-codes.json'), 'utf8'),
    ) as {
      tools: Readonly<Record<string, Table>>
    }
  ).tools
  return tables[tool] ?? {}
}
