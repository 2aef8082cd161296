/** Reads the table that `fltmc filters` prints. Its headings are localised; the rows under the line of dashes are not. */

export interface FltmcRow {
  readonly name: string
  /** Absent for legacy filters, which have neither. */
  readonly altitude?: string
  readonly instances: number
}

const MAXIMUM_ROWS = 1000

/** The rows; text without a line of dashes has none. Total: rows of another shape are left out. */
export function parseFltmc(lines: readonly string[]): readonly FltmcRow[] {
  const rule = lines.findIndex((line) => /^\s*-{3,}(?:\s+-{3,})+\s*$/.test(line))
  if (rule === -1) return []
  return lines.slice(rule + 1, rule + 1 + MAXIMUM_ROWS).flatMap((line): FltmcRow[] => {
    const words = line.trim().split(/\s+/)
    const altitude = words.at(-2) ?? ''
    const instances = words.at(-3) ?? ''
    const frame = words.at(-1) ?? ''
    if (
      words.length >= 4 &&
      /^\d+$/.test(frame) &&
      /^\d+(?:\.\d+)?$/.test(altitude) &&
      /^\d+$/.test(instances)
    )
      return [{ name: words.slice(0, -3).join(' '), altitude, instances: Number(instances) }]
    if (words.length >= 2 && /^<.+>$/.test(words.at(1) ?? '')) return [{ name: words[0] ?? '', instances: 0 }]
    return []
  })
}
