/** What constraints can speak of: the axes, their values and the values' attributes, as numbers into lists. */
import { nearestWord } from '../../kit/nearest-word.ts'

export type Scalar = string | number | boolean

export interface VocabularyValue {
  readonly id: string
  readonly negative: boolean
  readonly attributes: Readonly<Record<string, Scalar>>
}

export interface VocabularyAxis {
  readonly id: string
  readonly values: readonly VocabularyValue[]
}

export type Vocabulary = readonly VocabularyAxis[]

/** One axis, or one attribute of its values, with what each value shows there (undefined: that value lacks the attribute). */
export interface Aspect {
  readonly axis: number
  readonly attribute?: string
  readonly shown: readonly (Scalar | undefined)[]
  /** Whether all that is shown can be read as a number (PICT's rule for a numeric parameter). */
  readonly numeric: boolean
}

/** The aspect that a name stands for: `build`, or `build.release` for an attribute; case does not matter. */
export function findAspect(vocabulary: Vocabulary, name: string): Aspect | undefined {
  const whole = findAxis(vocabulary, name)
  if (whole !== -1)
    return aspect(
      whole,
      undefined,
      vocabulary[whole]!.values.map((value) => value.id),
    )
  for (let dot = name.lastIndexOf('.'); dot > 0; dot = name.lastIndexOf('.', dot - 1)) {
    const axis = findAxis(vocabulary, name.slice(0, dot))
    if (axis === -1) continue
    const attribute = name.slice(dot + 1).toLowerCase()
    const shown = vocabulary[axis]!.values.map((value) => attributeOf(value, attribute))
    if (shown.some((scalar) => scalar !== undefined)) return aspect(axis, attribute, shown)
  }
  return undefined
}

/** Index of the axis of that name (case does not matter), or −1. */
export function findAxis(vocabulary: Vocabulary, name: string): number {
  const exact = vocabulary.findIndex((axis) => axis.id === name)
  return exact === -1 ? vocabulary.findIndex((axis) => axis.id.toLowerCase() === name.toLowerCase()) : exact
}

/** What an unknown name was meant to be, as a hint for the reader. */
export function spellingHint(word: string, known: readonly string[]): string {
  const near = nearestWord(word, known)
  if (near !== undefined) return `did you mean "${near}"?`
  const shown = known.slice(0, 12).join(', ')
  return `known: ${shown}${known.length > 12 ? ', …' : ''}`
}

/** All names that a reference may use. */
export function knownNames(vocabulary: Vocabulary): string[] {
  return vocabulary.flatMap((axis) => {
    const attributes = new Set(axis.values.flatMap((value) => Object.keys(value.attributes)))
    return [axis.id, ...[...attributes].map((attribute) => `${axis.id}.${attribute}`)]
  })
}

/** A number, if the text is one; booleans and other text are none. */
export function asNumber(scalar: Scalar | undefined): number | undefined {
  if (typeof scalar === 'number') return scalar
  if (typeof scalar !== 'string' || scalar.trim() === '') return undefined
  const number = Number(scalar)
  return Number.isFinite(number) ? number : undefined
}

function attributeOf(value: VocabularyValue, lowerCase: string): Scalar | undefined {
  for (const [name, scalar] of Object.entries(value.attributes))
    if (name.toLowerCase() === lowerCase) return scalar
  return undefined
}

function aspect(axis: number, attribute: string | undefined, shown: readonly (Scalar | undefined)[]): Aspect {
  const numeric = shown.every((scalar) => scalar === undefined || asNumber(scalar) !== undefined)
  return { axis, ...(attribute === undefined ? {} : { attribute }), shown, numeric }
}
