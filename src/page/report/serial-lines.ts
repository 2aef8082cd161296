/** Two serial lines beside each other: which start of each, which lines are the same, and where they part. Pure. */
import { diffArrays } from 'diff'

/** First lines of what a machine goes through in a start, in this order. */
const MARKS: readonly RegExp[] = [
  /^(?:SeaBIOS|BdsDxe:|UEFI firmware|iPXE)/,
  /^(?:GRUB loading|Welcome to GRUB|Windows Boot Manager)/,
  /\bLinux version \d/,
  /^ringzero: milestone kernel/,
]
/** What a person still reads; a flood of short lines would take the page's time. */
const MOST_LINES = 3000
const MOST_EDITS = 1500

export type Stage = 'firmware' | 'kernel' | 'user space'

const STAGES: readonly (readonly [RegExp, Stage])[] = [
  [/\bLinux version \d|^\[ *\d+\.\d+\]|^ringzero: /, 'kernel'],
  [
    /Run \S+ as init process|^ringzero: (?:milestone (?:agent|session|services)|boot-finished)|systemd\[1\]:/,
    'user space',
  ],
]

/** The lines of each start, the oldest first; what stands before the first mark is the end of a start whose beginning was cut. */
export function splitStarts(text: string): readonly (readonly string[])[] {
  const starts: string[][] = [[]]
  let reached = MARKS.length
  for (const line of text.split('\n').slice(-MOST_LINES)) {
    const mark = MARKS.findIndex((pattern) => pattern.test(line))
    // A machine that is where it was before, or earlier, started again.
    if (mark !== -1 && mark <= reached && starts.at(-1)?.some((known) => known.trim() !== '') === true)
      starts.push([])
    if (mark !== -1) reached = mark
    starts.at(-1)?.push(line)
  }
  return starts
}

/** A kernel's own words for its end. */
export const DEATH =
  /Kernel panic - not syncing|^(?:\[ *\d+\.\d+\] )?(?:BUG: |Oops: |general protection fault)|\*\*\* STOP:/

/** The start that a person must see: the last in which a kernel died, else the last. */
export function decisiveStart(starts: readonly (readonly string[])[]): readonly string[] {
  const died = starts.findLast((lines) => lines.some((line) => DEATH.test(line)))
  return died ?? starts.at(-1) ?? []
}

export interface AlignedLine {
  readonly stage: Stage
  /** Absent where only the other side has the line. */
  readonly candidate?: string
  readonly control?: string
  readonly same: boolean
}

export interface Alignment {
  readonly lines: readonly AlignedLine[]
  /** Place of the first line that differs, and of the first after which nothing is the same again; -1 where there is none. */
  readonly firstDifference: number
  readonly parting: number
}

/** Lines that differ only in times, addresses and counts are the same. */
export function alignStarts(candidate: readonly string[], control: readonly string[]): Alignment {
  const [mine, theirs] = [candidate, control].map((lines) => lines.filter((line) => line.trim() !== ''))
  const lines = paired(mine ?? [], theirs ?? [])
  const firstDifference = lines.findIndex(({ same }) => !same)
  const last = lines.findLastIndex(({ same }) => same)
  const parting = lines.length === last + 1 ? -1 : last + 1
  return { lines, firstDifference, parting }
}

function paired(candidate: readonly string[], control: readonly string[]): readonly AlignedLine[] {
  const changes = diffArrays(candidate.map(essence), control.map(essence), { maxEditLength: MOST_EDITS })
  const lines: AlignedLine[] = []
  let [mine, theirs] = [0, 0]
  let stage: Stage = 'firmware'
  const add = (line: Omit<AlignedLine, 'stage'>): void => {
    stage = STAGES.findLast(([mark]) => mark.test(line.candidate ?? line.control ?? ''))?.[1] ?? stage
    if (stage === 'kernel' && lines.at(-1)?.stage === 'user space') stage = 'user space'
    lines.push({ stage, ...line })
  }
  for (const { added, removed, count } of changes ?? [
    { added: false, removed: true, count: candidate.length },
    { added: true, removed: false, count: control.length },
  ])
    for (let line = 0; line < count; line += 1)
      if (removed) add({ candidate: candidate[mine++] ?? '', same: false })
      else if (added) add({ control: control[theirs++] ?? '', same: false })
      else add({ candidate: candidate[mine++] ?? '', control: control[theirs++] ?? '', same: true })
  return sideBySide(lines)
}

/** What a line says without the time, addresses and numbers in it. */
function essence(line: string): string {
  return line
    .replace(/^\[ *\d+\.\d+\] ?/, '')
    .replace(/\b(?:0x)?[0-9a-f]{8,}\b/gi, '#')
    .replace(/\d+/g, '#')
    .trim()
}

/** Lines of one side only that stand at the same place share a row. */
function sideBySide(lines: readonly AlignedLine[]): readonly AlignedLine[] {
  const rows: AlignedLine[] = []
  for (let at = 0; at < lines.length;) {
    const line = lines[at]!
    if (line.same) {
      rows.push(line)
      at += 1
      continue
    }
    let end = at
    while (lines[end]?.same === false) end += 1
    const group = lines.slice(at, end)
    const mine = group.filter(({ candidate }) => candidate !== undefined)
    const theirs = group.filter(({ control }) => control !== undefined)
    for (let row = 0; row < Math.max(mine.length, theirs.length); row += 1) {
      const [left, right] = [mine[row], theirs[row]]
      rows.push({
        stage: (left ?? right)!.stage,
        same: false,
        ...(left?.candidate === undefined ? {} : { candidate: left.candidate }),
        ...(right?.control === undefined ? {} : { control: right.control }),
      })
    }
    at = end
  }
  return rows
}
