/** The three parts of a PICT model file: parameters, sub-models, constraints, always in this order. */

export interface SubModel {
  readonly names: readonly string[]
  /** Undefined: the order of the whole model. */
  readonly order: number | undefined
  readonly line: number
}

export interface PictSections {
  readonly parameters: readonly { readonly text: string; readonly line: number }[]
  readonly subModels: readonly SubModel[]
  /** The constraints with everything before them blank, so that lines count from the top of the file. */
  readonly constraints: string
}

const CONSTRAINT_START =
  /^\s*(?:\[|\(|IF\s*(?:\[|\(|NOT\b|IS(?:NEGATIVE|POSITIVE)\b)|NOT\s*[[(]|IS(?:NEGATIVE|POSITIVE)\s*\()/i
const SUB_MODEL = /^\s*\{([^}]*)\}\s*(?:@\s*(\d+))?\s*$/

/** Splits the file; never fails, whatever is in it. */
export function splitSections(text: string): PictSections {
  const lines = text.replace(/^\uFEFF/, '').split(/\r\n|\r|\n/)
  const start = lines.findIndex((line) => CONSTRAINT_START.test(line))
  const end = start === -1 ? lines.length : start
  const parameters: { text: string; line: number }[] = []
  const subModels: SubModel[] = []
  lines.slice(0, end).forEach((content, at) => {
    if (content.trim() === '' || content.trimStart().startsWith('#')) return
    const subModel = SUB_MODEL.exec(content)
    if (subModel === null) parameters.push({ text: content, line: at + 1 })
    else {
      const names = subModel[1]!.split(',').map((name) => name.trim())
      subModels.push({
        names,
        order: subModel[2] === undefined ? undefined : Number(subModel[2]),
        line: at + 1,
      })
    }
  })
  return { parameters, subModels, constraints: '\n'.repeat(end) + lines.slice(end).join('\n') }
}
