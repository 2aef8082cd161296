/** All cases of the leak scan, asked of each copy of it whose folder comes in. */
import { join } from 'node:path'
import { parentPort } from 'node:worker_threads'
import { misjudgedCase, type LeakScan } from '../../stand-ins/leak-cases.ts'

parentPort?.on('message', (scan: string) => {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
  void judged(scan).then((answer) => parentPort?.postMessage(answer))
})

async function judged(scan: string): Promise<string> {
  try {
    const [{ findLeaks }, { DECODINGS }, { collectNames }] = (await Promise.all(
      ['scan.ts', 'views.ts', 'run-names.ts'].map(async (file) => await import(join(scan, file))),
    )) as [Pick<LeakScan, 'findLeaks'>, Pick<LeakScan, 'DECODINGS'>, Pick<LeakScan, 'collectNames'>]
    return misjudgedCase({ findLeaks, DECODINGS, collectNames }) ?? 'none'
  } catch (error) {
    return `it fails: ${String(error)}`
  }
}
