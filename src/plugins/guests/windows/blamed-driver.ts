/** Which driver a small kernel dump points at, without symbols. */
import { explainBugCheck } from './bug-check.ts'
import type { DumpDriver, KernelDump } from './kernel-dump.ts'

export interface BlamedDriver {
  readonly name: string
  /** named: Windows wrote the name. instruction: the faulting address lies in it. stack: the newest address on the stack that is not the kernel's own (a guess). */
  readonly by: 'named' | 'instruction' | 'stack'
  /** Offset of the address in the driver, as `0x334c`. */
  readonly offset?: string
}

/** In every kernel stack; blaming them would hide the driver that called them. */
const KERNEL_OWN =
  /^(?:ntoskrnl|ntkrnl\w*|hal|halmacpi|win32k\w*|verifierext|kdcom|mcupdate\w*)\.(?:exe|dll|sys)$/i

/** The driver at fault as far as the dump shows it; undefined for dumps without a driver list or without a match. */
export function blamedDriver(dump: KernelDump): BlamedDriver | undefined {
  if (dump.brokenDriver !== undefined) return { name: dump.brokenDriver, by: 'named' }
  const address = faultAddress(dump)
  if (address !== undefined) {
    const driver = driverAt(dump.drivers, address)
    if (driver !== undefined)
      return { name: driver.name, by: 'instruction', offset: `0x${(address - driver.base).toString(16)}` }
  }
  for (const word of dump.stack) {
    const driver = driverAt(dump.drivers, word)
    if (driver !== undefined && !KERNEL_OWN.test(driver.name))
      return { name: driver.name, by: 'stack', offset: `0x${(word - driver.base).toString(16)}` }
  }
  return undefined
}

function faultAddress(dump: KernelDump): bigint | undefined {
  const index = explainBugCheck(dump.code, dump.parameters).faultAddress
  const text = index === undefined ? undefined : dump.parameters[index - 1]
  return text === undefined ? undefined : BigInt(text)
}

function driverAt(drivers: readonly DumpDriver[], address: bigint): DumpDriver | undefined {
  return drivers.find((driver) => address >= driver.base && address < driver.base + BigInt(driver.size))
}
