/** Cases of the leak scan, asked of each copy of it whose folder comes in. */
import { join } from 'node:path'
import { misjudgedCase, type CaseGroup, type LeakScan } from '../../stand-ins/leak-cases.ts'

export interface Question {
  /** Folder of the copy. */
  readonly scan: string
  readonly groups: readonly CaseGroup[]
}

process.on('message', (question: Question) => void judged(question).then((answer) => process.send?.(answer)))

async function judged({ scan, groups }: Question): Promise<string> {
  try {
    const [{ findLeaks }, { DECODINGS }, { collectNames }] = (await Promise.all(
      ['scan.ts', 'views.ts', 'run-names.ts'].map(async (file) => await import(join(scan, file))),
    )) as [Pick<LeakScan, 'findLeaks'>, Pick<LeakScan, 'DECODINGS'>, Pick<LeakScan, 'collectNames'>]
    return misjudgedCase({ findLeaks, DECODINGS, collectNames }, groups) ?? 'none'
  } catch (error) {
    return `it fails: ${String(error)}`
  }
}
