/** Names and explains bug check codes from Microsoft's reference (data/bugchecks.json). */
import { readDataFile } from './data-file.ts'
import { formatCode } from './kernel-dump.ts'

interface BugCheckEntry {
  readonly name: string
  readonly parameters?: readonly string[]
  readonly causes?: Readonly<Record<string, string>>
  readonly variantOf?: string
  readonly faultAddress?: number
}

export interface BugCheckExplanation {
  /** Normalised: `0x0000007E` also for the `0x1000007E` of a small dump. */
  readonly code: string
  /** `SYSTEM_THREAD_EXCEPTION_NOT_HANDLED`; `UNKNOWN_BUG_CHECK_0x…` when the reference has no such code. */
  readonly name: string
  /** One line for each parameter with its meaning, and the cause that parameter 1 names; at most 2000 characters. */
  readonly explanation: string
  /** 1 … 4: which parameter is the address of the instruction at fault. */
  readonly faultAddress: number | undefined
}

/**
 * Explains a code (`0x7e`, `126`, `0x1000007E`) and its parameters (hexadecimal or decimal text, bounded here).
 * Total: an unreadable code gets the name `UNREADABLE_BUG_CHECK`.
 */
export function explainBugCheck(code: string, parameters: readonly string[]): BugCheckExplanation {
  const number = readNumber(code)
  if (number === undefined || number > 0xffff_ffffn)
    return {
      code: code.slice(0, 32),
      name: 'UNREADABLE_BUG_CHECK',
      explanation: '',
      faultAddress: undefined,
    }
  const table = (readDataFile('bugchecks') as { bugChecks: Readonly<Record<string, BugCheckEntry>> })
    .bugChecks
  const written = formatCode(Number(number))
  const normal = normaliseBugCheck(written)
  const entry = table[normal] ?? table[written]
  if (entry === undefined)
    return {
      code: normal,
      name: `UNKNOWN_BUG_CHECK_${normal}`,
      explanation: '',
      faultAddress: undefined,
    }
  return {
    code: normal,
    name: entry.name.replace(/_M$/, ''),
    explanation: explain(entry, parameters).slice(0, 2000),
    faultAddress: entry.faultAddress,
  }
}

/** `0x1000007E` → `0x0000007E`: small dumps and events may carry either form of the same bug check. */
function normaliseBugCheck(code: string): string {
  return /^0x1[0-9A-F]{7}$/i.test(code) ? `0x0${code.slice(3).toUpperCase()}` : code
}

function explain(entry: BugCheckEntry, parameters: readonly string[]): string {
  const first = readNumber(parameters[0] ?? '')
  const cause = first === undefined ? undefined : entry.causes?.[`0x${first.toString(16)}`]
  const lines = (entry.parameters ?? []).flatMap((meaning, index) => {
    const value = readNumber(parameters[index] ?? '')
    return value === undefined || meaning === '' ? [] : [`${index + 1}: 0x${value.toString(16)} ${meaning}`]
  })
  return [...(cause === undefined ? [] : [cause]), ...lines].join('\n')
}

function readNumber(text: string): bigint | undefined {
  return /^(?:0x[0-9a-f]{1,16}|\d{1,20})$/i.test(text) ? BigInt(text) : undefined
}
