/** The key under which equal failures of many cells are one. */
import { oneLine } from '../kit/text.ts'

export interface SignatureParts {
  readonly class: string
  /** Bug-check code, or the title of a crash; exit code of an installer; provider and id of an event. */
  readonly code?: string | undefined
  /** What kind of argument, never the argument itself: addresses differ on every machine. */
  readonly argumentClass?: string | undefined
  readonly module?: string | undefined
  readonly milestone?: string | undefined
}

/** `class|code|argument class|module|milestone`; parts are one bounded line each and hold no bar. */
export function formatSignature(parts: SignatureParts): string {
  return [parts.class, parts.code, parts.argumentClass, parts.module, parts.milestone]
    .map((part) => oneLine(part ?? '', 80).replaceAll('|', '/'))
    .join('|')
}

/** What of a signature says which failure it is: how far a start came, and where an argument pointed, may differ from cell to cell. */
export function signatureKey(signature: string): string {
  const [kind = '', code = '', , module = ''] = signature.split('|')
  return [kind, code, module].join('|')
}

/** A crash title without what differs from machine to machine: addresses, numbers, process ids. */
export function crashTitleKey(title: string): string {
  return oneLine(title, 400)
    .replace(/\b0x[0-9a-f]+\b/gi, '#')
    .replace(/\b[0-9a-f]{8,}\b/gi, '#')
    .replace(/\d+/g, '#')
}

/**
 * The class of a bug check's first parameter (an address for most codes). Bounds of user and kernel halves are those of
 * x64 Windows with 47- and 57-bit addresses.
 */
export function argumentClass(parameters: readonly string[] | undefined): string | undefined {
  const first = parameters?.[0]
  if (first === undefined) return undefined
  if (!/^(?:0x)?[0-9a-f]{1,16}$/i.test(first)) return 'other'
  const value = BigInt(first.toLowerCase().startsWith('0x') ? first : `0x${first}`)
  if (value < 0x10000n) return 'near-null'
  if (value < 0x8000_0000_0000n) return 'user'
  return value >= 0xff00_0000_0000_0000n ? 'kernel' : 'non-canonical'
}
