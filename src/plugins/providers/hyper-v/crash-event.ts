/** The host's record of a guest that reported its own end. */
import type { MachineSignal } from '../../../sdk/provider.ts'

/** 18590: a Windows guest gives its bug check code and four parameters; a Linux guest zeros and perhaps a text. */
export function readCrash(event: {
  readonly at: number
  readonly codes: readonly string[]
  readonly message: string
}): MachineSignal {
  const codes = event.codes.map((code) => (/^0x[0-9a-f]{1,16}$/i.test(code) ? BigInt(code) : undefined))
  const text = event.message === '' ? {} : { text: event.message.slice(0, 2000) }
  const { at } = event
  const [code, ...parameters] = codes
  if (code === undefined || code === 0n) return { kind: 'crash', mechanism: 'panic', ...text, at }
  return {
    kind: 'crash',
    mechanism: 'bugcheck',
    code: hexadecimal(code, 8),
    parameters: parameters.slice(0, 4).map((value) => hexadecimal(value ?? 0n, 16)),
    ...text,
    at,
  }
}

function hexadecimal(value: bigint, digits: number): string {
  return `0x${value.toString(16).padStart(digits, '0')}`
}
