/** Bug checks in what Windows prints to a serial line (emergency management services, or a kernel debugger's text). */
import { boundedTail, printable } from '../../../kit/text.ts'
import { explainBugCheck } from './bug-check.ts'

const STOP =
  /(?:Fatal System Error|STOP|bugcheck code)[:\s]+(0x[0-9a-f]{1,8})\s*\(?((?:\s*0x[0-9a-f]{1,16},?){0,4})/i

/** The last bug check in the text; undefined when it shows none. */
export function readSerialCrash(
  serial: string,
): { readonly title: string; readonly excerpt: string } | undefined {
  const clean = printable(serial)
  const all = [...clean.matchAll(new RegExp(STOP, 'gi'))]
  const last = all.at(-1)
  if (last === undefined) return undefined
  const parameters = (last[2] ?? '').match(/0x[0-9a-f]+/gi) ?? []
  const { name, code } = explainBugCheck(last[1] ?? '', parameters)
  return { title: `${name} (${code})`, excerpt: boundedTail(clean.slice(0, last.index + 600), 1600) }
}
