/** `ringzero explain CODE`: what the code of an error or the class of a symptom means, for people and for programs. */
import { nearestWord } from '../kit/nearest-word.ts'
import { AppError } from '../model/errors.ts'
import { SYMPTOM_MEANINGS, SymptomClassSchema } from '../model/symptom.ts'
import { ERROR_CODES } from './error-codes.ts'

export interface Explained {
  readonly lines: readonly string[]
  readonly document: {
    readonly schema: 'ringzero/error-codes/1'
    readonly codes: Readonly<Record<string, object>>
  }
}

/** @throws AppError USAGE for what is no code: a folder of a run without a cell, or a code of a plugin */
export function explainCode(code: string): Explained {
  const found = ERROR_CODES.get(code.toUpperCase())
  if (found !== undefined) return explained([code.toUpperCase()])
  const symptom = SymptomClassSchema.safeParse(code.toLowerCase())
  if (symptom.success) {
    const means = SYMPTOM_MEANINGS[symptom.data]
    return {
      lines: [`${symptom.data}: ${means}`],
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

/** All codes. */
export function listCodes(): Explained {
  return explained([...ERROR_CODES.keys()].toSorted())
}

function explained(codes: readonly string[]): Explained {
  const known = codes.flatMap((code) => {
    const entry = ERROR_CODES.get(code)
    return entry === undefined ? [] : [[code, entry] as const]
  })
  return {
    lines: known.flatMap(([code, { means, fix }]) => [`${code}: ${means}`, `  fix: ${fix}`]),
    document: { schema: 'ringzero/error-codes/1', codes: Object.fromEntries(known) },
  }
}
