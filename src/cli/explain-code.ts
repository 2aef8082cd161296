/** `ringzero explain CODE`: what the code of an error or the class of a symptom means, whose fault it is, what to do; for people and for programs. */
import { nearestWord } from '../kit/nearest-word.ts'
import { AppError, type Fault } from '../model/errors.ts'
import { SYMPTOM_MEANINGS, SymptomClassSchema } from '../model/symptom.ts'
import { ERROR_CODES } from './error-codes.ts'
import { exitCodeOfFault } from './exit-codes.ts'
import { faultOfCode } from './fault-of-code.ts'
import { wrapText } from './wrap-text.ts'

export interface Explained {
  readonly lines: readonly string[]
  readonly document: {
    readonly schema: 'ringzero/error-codes/1'
    readonly codes: Readonly<Record<string, object>>
  }
}

const WHOSE: Readonly<Record<Fault, string>> = {
  user: 'what was given to ringzero is wrong',
  host: 'the lab’s, never the candidate’s',
  plugin: 'a plugin’s',
  tool: 'ringzero’s own, unless the text says otherwise',
  cancelled: 'nobody’s: it was stopped',
}
const MOST_LINES = 20

/** Lines of at most `width` columns. @throws AppError USAGE for what is no code: a folder of a run without a cell, or a code of a plugin */
export function explainCode(code: string, width: number): Explained {
  const found = ERROR_CODES.get(code.toUpperCase())
  if (found !== undefined) return explained([code.toUpperCase()], width)
  const symptom = SymptomClassSchema.safeParse(code.toLowerCase())
  if (symptom.success) {
    const means = SYMPTOM_MEANINGS[symptom.data]
    return {
      lines: hanging(`${symptom.data}: `, means, width, 2),
      document: { schema: 'ringzero/error-codes/1', codes: { [symptom.data]: { means } } },
    }
  }
  const near = nearestWord(code.toUpperCase(), [...ERROR_CODES.keys()])
  throw new AppError('USAGE', 'user', `${JSON.stringify(code.slice(0, 200))} is no code of an error`, {
    hint:
      near === undefined
        ? 'to explain a cell, give the folder of its run and its id; --list shows the codes'
        : `did you mean ${near}?`,
  })
}

/** All codes; lines of at most `width` columns. */
export function listCodes(width: number): Explained {
  return explained([...ERROR_CODES.keys()].toSorted(), width)
}

function explained(codes: readonly string[], width: number): Explained {
  const known = codes.flatMap((code) => {
    const entry = ERROR_CODES.get(code)
    return entry === undefined ? [] : [[code, entry] as const]
  })
  return {
    lines: known.flatMap(([code, { means, fix }]) => {
      const fault = faultOfCode(code)
      return [
        ...hanging(`${code}: `, means, width, 2),
        ...hanging('  fault: ', `${WHOSE[fault]}; ends the command with ${exitCodeOfFault(fault)}`, width, 9),
        ...hanging('  fix: ', fix, width, 7),
      ]
    }),
    document: {
      schema: 'ringzero/error-codes/1',
      codes: Object.fromEntries(
        known.map(([code, entry]) => {
          const fault = faultOfCode(code)
          return [code, { ...entry, fault, exitCode: exitCodeOfFault(fault) }]
        }),
      ),
    },
  }
}

/** A text behind its label; the lines after the first are indented. */
function hanging(label: string, text: string, width: number, indent: number): string[] {
  const [first = '', ...rest] = wrapText(`${label.trimStart()}${text}`, width - 2, MOST_LINES)
  const before = label.slice(0, label.length - label.trimStart().length)
  const others = wrapText(rest.join(' '), width - indent, MOST_LINES)
  return [`${before}${first}`, ...others.map((line) => `${' '.repeat(indent)}${line}`)]
}
