/** Names a crash of a Linux kernel from the text that it printed, on the serial line or in pstore. */
import { bounded, printable } from '../../../kit/text.ts'

/** A named crash: `BUG: kernel NULL pointer dereference`, where, in whose module. */
export interface PanicText {
  readonly title: string
  readonly module?: string
  readonly function?: string
  readonly excerpt: string
}

/** An oops with all registers and traces has fewer lines than this. */
const MAXIMUM_LINES = 200
const MAXIMUM_EXCERPT = 6000

/** `[    1.234567] text`, with the level that pstore and a raw console put before it. */
const KERNEL_LINE = /^(?:<\d{1,3}>)?\[ *(\d{1,7}\.\d{6})\](?:\[ *[TC]\d+\])? (.*)$/
/** First line of what leads to a panic: mm/fault.c, traps.c, panic.c and bug.c of arch/x86 and kernel. */
const FIRST_LINE =
  /^(?:BUG: .+|general protection fault\b.*|kernel BUG at .+|divide error: .*|invalid opcode: .*|stack segment: .*|double fault: .*|int3: .*|traps: PANIC: .*|Oops: .*|Kernel panic - not syncing: .*)$/
const DEADLY =
  /^(?:Oops: |Kernel panic - not syncing: |(?:general protection fault|divide error|invalid opcode|stack segment|double fault|int3)\b.*\[#\d+\])/
const FRAME =
  /^(?:RIP: [0-9a-f]{4}:| )?([A-Za-z_][A-Za-z0-9_.]{0,120})\+0x[0-9a-f]+\/0x[0-9a-f]+(?: \[([A-Za-z0-9_]{1,64})[^\]]*\])?/

/** Functions that only report a crash. */
const REPORTERS =
  /^(?:dump_stack|show_stack|panic$|oops_|die|__die|page_fault_oops|exc_|asm_exc_|bust_spinlocks)/

/** The last crash that the text shows; undefined when it shows none. A warning or a soft lockup alone is none. */
export function readPanicText(text: string): PanicText | undefined {
  const kernelLines = printable(text)
    .split('\n')
    .flatMap((line) => {
      const [, time, message] = KERNEL_LINE.exec(line.slice(0, 1000)) ?? []
      return message === undefined ? [] : [{ time: Number(time), message }]
    })
  const lines = kernelLines.map(({ message }) => message)
  const deadly = lines.findLastIndex((line) => DEADLY.test(line))
  if (deadly === -1) return undefined
  const begin = beginning(lines, deadly)
  const end = endOf(kernelLines, deadly)
  const crash = lines.slice(begin, end)
  const culprit = culpritOf(crash)
  return {
    title: titleOf(crash),
    ...(culprit.module === undefined ? {} : { module: culprit.module }),
    ...(culprit.function === undefined ? {} : { function: culprit.function }),
    excerpt: bounded(crash.join('\n'), MAXIMUM_EXCERPT),
  }
}

/** The panic comes last; the first line of its cause stands above it, if it has a cause that was printed. */
function beginning(lines: readonly string[], deadly: number): number {
  let begin = deadly
  for (let index = deadly; index >= Math.max(0, deadly - MAXIMUM_LINES); index -= 1) {
    const line = lines[index] ?? ''
    if (index !== deadly && /^Linux version |^Kernel panic - not syncing: /.test(line)) break
    if (FIRST_LINE.test(line)) begin = index
  }
  return begin
}

/** The kernel's clock begins anew with the next start. */
function endOf(lines: readonly { readonly time: number }[], deadly: number): number {
  const next = lines.findIndex(({ time }, index) => index > deadly && time < (lines[index - 1]?.time ?? 0))
  return Math.min(next === -1 ? lines.length : next, deadly + 60)
}

/** Without what differs from crash to crash: addresses, counters, processor numbers. */
function titleOf(crash: readonly string[]): string {
  const first = crash.find((line) => FIRST_LINE.test(line)) ?? crash[0] ?? ''
  const title = first
    .replace(/, address: [0-9a-fx]+.*$/, '')
    .replace(/ (?:for|at) address:? [0-9a-fx]+.*$/, '')
    .replace(/\[#\d+\].*$/, '')
    .replace(/\b0x[0-9a-f]{8,}\b/g, '…')
    .replace(/: \d{4} *$/, '')
    .trim()
  return bounded(title, 300)
}

/** The innermost frame that belongs to a module; the kernel's own function when no module is on the stack. */
function culpritOf(crash: readonly string[]): { readonly module?: string; readonly function?: string } {
  const frames = crash
    .filter((line) => !/^ *\? /.test(line))
    .flatMap((line) => {
      const match = FRAME.exec(
        line.trimStart().startsWith('RIP:') ? line.trimStart() : ` ${line.trimStart()}`,
      )
      const [, name, module] = match ?? []
      return name === undefined || REPORTERS.test(name) ? [] : [{ name, module }]
    })
  const blamed = frames.find((frame) => frame.module !== undefined) ?? frames[0]
  if (blamed === undefined) return {}
  return { function: blamed.name, ...(blamed.module === undefined ? {} : { module: blamed.module }) }
}
