/** The text of a kernel's death in the order in which a person reads it: what died, the frames, then registers. Pure. */

export interface PanicText {
  /** What the kernel says that happened. */
  readonly head: readonly string[]
  /** Where it was: the instruction, then the calls that led there, the latest first; what the kernel itself doubts (`?`) is left to the rest. */
  readonly frames: readonly string[]
  /** Everything else: registers, modules, code. */
  readonly rest: readonly string[]
}

const HEAD =
  /^(?:BUG: |Oops|Kernel panic|general protection fault|#PF: |Unable to handle|CPU: |\*\*\* STOP|watchdog: )/
const INSTRUCTION = /^(?:RIP: |pc : |lr : )/
const FRAME = /^[\w.$]+\+0x[0-9a-f]+\/0x[0-9a-f]+(?: \[[\w-]+\])?$/

/** Sorts the lines of a panic; times before them are dropped. */
export function readPanic(text: string): PanicText {
  const head: string[] = []
  const frames: string[] = []
  const rest: string[] = []
  const seen = new Set<string>()
  for (const raw of text.split('\n')) {
    const line = raw.replace(/^\[ *\d+\.\d+\](?:\[[ \w]+\])? ?/, '').trim()
    if (line === '' || /^<\/?(?:TASK|IRQ)>$|^Call Trace:$|^---\[/.test(line)) continue
    if (HEAD.test(line)) {
      if (!seen.has(line)) head.push(line)
    } else if (INSTRUCTION.test(line)) {
      // Only the first is where the kernel was; a later one is the program that called it.
      if (frames.length === 0) frames.push(line)
      else if (!seen.has(line)) rest.push(line)
    } else if (FRAME.test(line)) {
      if (!seen.has(line)) frames.push(line)
    } else rest.push(line)
    seen.add(line)
  }
  // A title that another line says with more behind it.
  const told = head.filter((line) => !head.some((other) => other !== line && other.startsWith(line)))
  return { head: told, frames, rest }
}
