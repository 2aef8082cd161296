/** A kernel dump as a crash record: named, explained, with the driver that it points at and whose that is. */
import { oneLine } from '../../../kit/text.ts'
import type { CrashRecord } from '../../../sdk/guest-os.ts'
import { vendorsOfDriver } from './altitude.ts'
import { blamedDriver, type BlamedDriver } from './blamed-driver.ts'
import { explainBugCheck } from './bug-check.ts'
import { parseKernelDump } from './kernel-dump.ts'

const HOW: Readonly<Record<BlamedDriver['by'], string>> = {
  named: 'Windows names it',
  instruction: 'the faulting instruction is in it',
  stack: 'it is the newest driver on the stack',
}

/** undefined when the bytes are no kernel dump. A dump in LiveKernelReports was taken while the machine went on running. */
export function crashOfDump(data: Buffer, guestPath: string): CrashRecord | undefined {
  const dump = parseKernelDump(data)
  if (dump === undefined) return undefined
  const { code, name, explanation } = explainBugCheck(dump.code, dump.parameters)
  const isLive = /\\LiveKernelReports\\/i.test(guestPath)
  const blamed = blamedDriver(dump)
  const text = [blamed === undefined ? '' : describe(blamed), explanation].filter((part) => part !== '')
  return {
    mechanism: isLive ? 'watchdog' : 'bugcheck',
    title: name,
    code,
    parameters: dump.parameters,
    path: oneLine(guestPath, 400),
    ...(blamed === undefined ? {} : { module: blamed.name }),
    ...(text.length === 0 ? {} : { explanation: text.join('\n') }),
  }
}

function describe(blamed: BlamedDriver): string {
  const vendors = vendorsOfDriver(blamed.name)
  const whose = vendors.length === 0 ? '' : ` (${vendors.join(', ')})`
  const where = blamed.offset === undefined ? '' : ` + ${blamed.offset}`
  return `${blamed.name}${where}${whose}: ${HOW[blamed.by]}.`
}
